import type { Informer, ResourceClient } from "../../api/client/types.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { isNotFound } from "../controller.ts";

/**
 * The life of a protecting finalizer: put on what has none (made before there was protection), taken off what is being
 * deleted and not in use.
 */
export async function protect<T extends KubeObject>(
  object: T,
  finalizer: string,
  client: ResourceClient<T>,
  isInUse: () => boolean | Promise<boolean>,
): Promise<void> {
  const { metadata } = object;
  const has = metadata.finalizers?.includes(finalizer) === true;
  let finalizers: string[];
  if (metadata.deletionTimestamp === undefined) {
    if (has) return;
    finalizers = [...(metadata.finalizers ?? []), finalizer];
  } else {
    if (!has || (await isInUse())) return;
    finalizers = (metadata.finalizers ?? []).filter((one) => one !== finalizer);
  }
  try {
    await client.update({ ...object, metadata: { ...metadata, finalizers } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** Whether anything is to be done, so that the queue stays empty while all is well. */
export function needsCare({ metadata }: KubeObject, finalizer: string): boolean {
  return (metadata.deletionTimestamp !== undefined) === (metadata.finalizers?.includes(finalizer) === true);
}

export function whenItNeedsCare<T extends KubeObject>(
  informer: Informer<T>,
  finalizer: string,
  enqueue: (object: T) => void,
): void {
  const look = (object: T): void => {
    if (needsCare(object, finalizer)) enqueue(object);
  };
  informer.addHandler({ add: look, update: look });
}
