/** The versions of a DaemonSet's template, kept in ControllerRevisions: what `rollout history` shows and `rollout undo` restores. */
import type { Client, Informer } from "../../api/client/types.ts";
import { canonical, podTemplateHash } from "../../machinery/kinds/apps/pod-template-hash.ts";
import { labelSelectorFrom } from "../../machinery/selectors/labels.ts";
import type { ControllerRevision, DaemonSet } from "../../machinery/types/apps/v1.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import { isAlreadyExists } from "../controller.ts";
import { claim, controllerReference } from "../controller-ref.ts";
import { claimable } from "../owner-index.ts";
import { revisionHashLabel } from "./daemon-pod.ts";

export const revisionResource = { group: "apps", version: "v1", resource: "controllerrevisions" };

export interface History {
  readonly current: ControllerRevision;
  /** Of the current revision, and so of up-to-date pods. */
  readonly hash: string;
  readonly old: readonly ControllerRevision[];
  /** Raised where another template has the same hash. */
  readonly collisionCount: number | undefined;
}

export interface HistoryContext {
  readonly client: Client;
  readonly revisions: Informer<ControllerRevision>;
  /** Reads the DaemonSet from the API server itself. */
  readonly readLive: () => Promise<DaemonSet>;
}

/** Makes the revision of the current template where there is none yet, and the newest where it is an old one again. */
export async function historyOf(context: HistoryContext, set: DaemonSet): Promise<History> {
  const client = context.client.resource<ControllerRevision>(revisionResource, set.metadata.namespace);
  const { matches } = labelSelectorFrom(set.spec?.selector);
  const claimant = { object: set, apiVersion: "apps/v1", kind: "DaemonSet", matches };
  const all = await claim(claimant, claimable(context.revisions, set), client, context.readLive);
  const data = revisionData(set);
  const same = all.filter((revision) => canonical(revision.data) === canonical(data));
  const old = all.filter((revision) => !same.includes(revision));
  const number = Math.max(0, ...old.map(({ revision }) => revision)) + 1;
  const collisionCount = set.status?.collisionCount;
  const [found] = same.sort((a, b) => b.revision - a.revision);
  if (!found) {
    const made = await makeRevision(client, set, data, number, collisionCount);
    return { ...made, old };
  }
  const current = found.revision < number ? await client.update({ ...found, revision: number }) : found;
  return { current, hash: hashOf(current), old: [...old, ...same.slice(1)], collisionCount };
}

/** Removes the oldest beyond the limit; those of which pods are left stay. */
export async function trimHistory(
  { client }: HistoryContext,
  set: DaemonSet,
  { old }: History,
  pods: readonly Pod[],
): Promise<void> {
  const limit = set.spec?.revisionHistoryLimit ?? 10;
  const live = new Set(pods.map(({ metadata }) => metadata.labels?.[revisionHashLabel]));
  const unused = old.filter((revision) => !live.has(hashOf(revision))).sort((a, b) => a.revision - b.revision);
  const surplus = unused.slice(0, Math.max(0, old.length - limit));
  const revisions = client.resource<ControllerRevision>(revisionResource, set.metadata.namespace);
  for (const { metadata } of surplus) await revisions.delete(metadata.name ?? "");
}

async function makeRevision(
  client: ReturnType<Client["resource"]>,
  set: DaemonSet,
  data: Record<string, unknown>,
  revision: number,
  collisions: number | undefined,
): Promise<Omit<History, "old">> {
  const template = set.spec?.template ?? { metadata: {} };
  for (let collisionCount = collisions; ; collisionCount = (collisionCount ?? 0) + 1) {
    const hash = podTemplateHash(template, collisionCount);
    const name = `${set.metadata.name}-${hash}`;
    const { annotations } = set.metadata;
    try {
      const made: ControllerRevision = {
        apiVersion: "apps/v1",
        kind: "ControllerRevision",
        metadata: {
          name,
          ...(set.metadata.namespace ? { namespace: set.metadata.namespace } : {}),
          labels: { ...template.metadata?.labels, [revisionHashLabel]: hash },
          ...(annotations ? { annotations } : {}),
          ownerReferences: [controllerReference(set, "apps/v1", "DaemonSet")],
        },
        data,
        revision,
      };
      return { current: (await client.create(made)) as ControllerRevision, hash, collisionCount };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const existing = (await client.get(name)) as ControllerRevision;
      // Our own, which the cache does not show yet.
      if (canonical(existing.data) === canonical(data)) return { current: existing, hash, collisionCount };
    }
  }
}

/** As a strategic merge patch of the DaemonSet, which is how it is restored. */
function revisionData(set: DaemonSet): Record<string, unknown> {
  return { spec: { template: { ...set.spec?.template, $patch: "replace" } } };
}

function hashOf({ metadata }: ControllerRevision): string {
  return metadata.labels?.[revisionHashLabel] ?? "";
}
