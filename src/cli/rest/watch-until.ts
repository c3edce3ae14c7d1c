/** Follows one object until a condition holds: what `wait` and `rollout status` stand on. */
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { RestClient } from "./client.ts";
import { type ApiResource, pathOf } from "./resource-mapping.ts";
import { eventsOf } from "./watch-events.ts";

export interface WatchUntilOptions {
  readonly resource: ApiResource;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Ends the watch with an AbortError of the request. */
  readonly signal?: AbortSignal;
}

/**
 * Calls `done` with the object as it is and with every later state (undefined: it does not exist) until it returns true.
 * A watch that ends on the server's side is begun again.
 */
export async function watchUntil<T extends KubeObject>(
  client: RestClient,
  options: WatchUntilOptions,
  done: (object: T | undefined) => boolean,
): Promise<void> {
  const { resource, namespace, name } = options;
  const request = {
    path: pathOf(resource, namespace),
    ...(options.signal ? { signal: options.signal } : {}),
  };
  const query = { fieldSelector: `metadata.name=${name}` };
  for (;;) {
    const list = await client.json<{ metadata: { resourceVersion: string }; items: T[] }>({ ...request, query });
    if (done(list.items[0])) return;
    const response = await client.open({
      ...request,
      query: { ...query, watch: true, resourceVersion: list.metadata.resourceVersion },
    });
    for await (const event of eventsOf(response)) {
      if (event.type === "ERROR") break;
      if (event.type === "BOOKMARK") continue;
      if (done(event.type === "DELETED" ? undefined : (event.object as T))) {
        response.destroy();
        return;
      }
    }
  }
}
