import type { ResourceClient } from "../api/client/types.ts";
import { controllerOf, type KubeObject } from "../machinery/meta/object.ts";
import { StatusError } from "../machinery/status/error.ts";
import type { OwnerReference } from "../machinery/types/meta/v1.ts";
import { isNotFound } from "./controller.ts";

/** A controlling object as claiming needs it. */
export interface Claimant {
  readonly object: KubeObject;
  readonly apiVersion: string;
  readonly kind: string;
  /** Whether the object's selector takes in these labels. */
  matches(labels: Readonly<Record<string, string>>): boolean;
}

/** The owner reference that a controller writes into what it makes. */
export function controllerReference(owner: KubeObject, apiVersion: string, kind: string): OwnerReference {
  return {
    apiVersion,
    kind,
    name: owner.metadata.name ?? "",
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/**
 * Which of the candidates belong to the claimant, after adopting the orphans that its selector takes in and releasing
 * those of its own that it no longer takes in (https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/).
 * `readLive` reads the claimant from the API server itself: before the first adoption it is made sure that it is still the
 * same object and not being deleted, since a cache may lag. All candidates are tried; the first error is thrown at the end.
 */
export async function claim<T extends KubeObject>(
  claimant: Claimant,
  candidates: Iterable<T>,
  client: ResourceClient<T>,
  readLive: () => Promise<KubeObject>,
): Promise<T[]> {
  const { metadata } = claimant.object;
  const claimed: T[] = [];
  let failure: unknown;
  let adoptable: Promise<void> | undefined;
  for (const candidate of candidates) {
    const owner = controllerOf(candidate);
    const matches = claimant.matches(candidate.metadata.labels ?? {});
    if (owner) {
      if (owner.uid !== metadata.uid) continue;
      if (matches) {
        claimed.push(candidate);
        continue;
      }
      if (metadata.deletionTimestamp) continue;
      await release(claimant, candidate, client).catch((error: unknown) => {
        failure ??= error;
      });
      continue;
    }
    if (!matches || metadata.deletionTimestamp || candidate.metadata.deletionTimestamp) continue;
    if (candidate.metadata.namespace !== metadata.namespace) continue;
    try {
      adoptable ??= assertAdoptable(claimant, readLive);
      await adoptable;
      claimed.push(await adopt(claimant, candidate, client));
    } catch (error) {
      // Gone meanwhile: nothing to adopt.
      if (!isNotFound(error)) failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return claimed;
}

async function assertAdoptable(claimant: Claimant, readLive: () => Promise<KubeObject>): Promise<void> {
  const { namespace, name, uid } = claimant.object.metadata;
  const live = await readLive();
  if (live.metadata.uid !== uid) {
    throw new Error(
      `original ${claimant.kind} ${namespace}/${name} is gone: got uid ${live.metadata.uid}, wanted ${uid}`,
    );
  }
  if (live.metadata.deletionTimestamp) {
    throw new Error(`${namespace}/${name} has just been deleted at ${live.metadata.deletionTimestamp}`);
  }
}

function adopt<T extends KubeObject>(claimant: Claimant, orphan: T, client: ResourceClient<T>): Promise<T> {
  const reference = controllerReference(claimant.object, claimant.apiVersion, claimant.kind);
  // The uid makes the patch fail where another object has taken the name meanwhile.
  return client.patch(orphan.metadata.name ?? "", {
    type: "strategic",
    patch: { metadata: { uid: orphan.metadata.uid, ownerReferences: [reference] } },
  });
}

async function release<T extends KubeObject>(claimant: Claimant, owned: T, client: ResourceClient<T>): Promise<void> {
  try {
    await client.patch(owned.metadata.name ?? "", {
      type: "strategic",
      patch: {
        metadata: {
          uid: owned.metadata.uid,
          ownerReferences: [{ $patch: "delete", uid: claimant.object.metadata.uid }],
        },
      },
    });
  } catch (error) {
    // Gone, or (Invalid) released already, or another object of this name: nothing left to release.
    if (isNotFound(error) || (error instanceof StatusError && error.reason === "Invalid")) return;
    throw error;
  }
}
