import { isPodTerminal } from "../../machinery/kinds/core/pod/phase.ts";
import { type KubeObject, keyOf, splitKey } from "../../machinery/meta/object.ts";
import { increase, sameAmounts } from "../../machinery/quota/amounts.ts";
import { concerns } from "../../machinery/quota/usage.ts";
import type { PersistentVolumeClaim, Pod, ResourceQuota, Service } from "../../machinery/types/core/v1.ts";
import { isConflict, isNotFound, QueuedController } from "../controller.ts";
import { type StoredKind, storedKinds } from "../stored-kinds.ts";
import type { ControllerFactory } from "../types.ts";
import { kindsOf, measure } from "./usage.ts";

const resource = { group: "", version: "v1", resource: "resourcequotas" };

/** As kube-controller-manager's --resource-quota-sync-period. */
const resyncPeriod = 300_000;
/** A request that was charged and not yet written when the objects were listed is found by a second look. */
const secondLook = 2_000;

/**
 * Keeps status.hard and status.used of quotas (https://kubernetes.io/docs/concepts/policy/resource-quotas/). Admission
 * charges what is made; here is found what has gone, and what was charged and never made. Kinds are watched only while a
 * quota counts them.
 */
export const resourceQuotaController: ControllerFactory = (context) => {
  const { client, informers, clock, log } = context;
  const quotas = informers.informer<ResourceQuota>(resource);
  const watched = new Set<string>();

  const controller = new QueuedController({ name: "resourcequota", clock, log, reconcile });
  const enqueue = (quota: ResourceQuota): void => controller.queue.add(keyOf(quota));

  async function reconcile(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const own = client.resource<ResourceQuota>(resource, namespace);
    // Read before the objects: a charge that comes meanwhile makes the write below lose, and all is counted anew.
    const [quota] = (await own.list({ fieldSelector: `metadata.name=${name}` })).items;
    if (quota === undefined) return;
    const kinds = storedKinds(context.definitions()).filter(({ namespaced }) => namespaced);
    for (const kind of kindsOf(quota, kinds)) watch(kind);
    const list = async (kind: StoredKind): Promise<readonly KubeObject[]> =>
      (await client.resource(kind, namespace).list()).items;
    const used = await measure(quota, kinds, list, clock.now());
    const { spec = {}, status = {} } = quota;
    controller.queue.addAfter(key, resyncPeriod);
    const hard = spec.hard ?? {};
    if (sameAmounts(status.hard, hard) && sameAmounts(status.used, used)) return;
    try {
      await own.updateStatus({ ...quota, status: { hard, used } });
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error)) throw error;
      controller.queue.add(key);
      return;
    }
    if (Object.keys(increase(status.used ?? {}, used)).length > 0) controller.queue.addAfter(key, secondLook);
  }

  /** Whatever gives back, or changes what it takes, makes its namespace's quotas be counted again. */
  function watch(kind: StoredKind): void {
    const id = `${kind.resource}.${kind.group}`;
    if (watched.has(id)) return;
    watched.add(id);
    const recount = ({ metadata }: KubeObject): void => {
      for (const quota of quotas.lister.list(metadata.namespace)) {
        if (Object.keys(quota.spec?.hard ?? {}).some((name) => concerns(kind, name))) enqueue(quota);
      }
    };
    informers.informer(kind).addHandler({
      delete: recount,
      update: (now, old) => {
        if (givesBack(kind, now, old)) recount(now);
      },
    });
    informers.start();
  }

  quotas.addHandler({
    add: enqueue,
    update: (now, old) => {
      if (!sameAmounts(now.spec?.hard, old.spec?.hard)) enqueue(now);
    },
  });
  return controller;
};

/** As k8s.io/kubernetes/pkg/controller/resourcequota: pods that end, services and claims that change. */
function givesBack({ group, resource: plural }: StoredKind, now: KubeObject, old: KubeObject): boolean {
  if (group !== "") return false;
  if (plural === "pods") {
    const pod = now as Pod;
    const before = old as Pod;
    if (isPodTerminal(pod) !== isPodTerminal(before)) return true;
    return pod.metadata.generation !== before.metadata.generation;
  }
  if (plural === "services") return (now as Service).spec !== (old as Service).spec && typeOrPortsDiffer(now, old);
  return plural === "persistentvolumeclaims" && storageOf(now) !== storageOf(old);
}

function typeOrPortsDiffer(now: Service, old: Service): boolean {
  return now.spec?.type !== old.spec?.type || now.spec?.ports?.length !== old.spec?.ports?.length;
}

function storageOf({ spec, status }: PersistentVolumeClaim): string {
  return `${spec?.resources?.requests?.storage}/${status?.allocatedResources?.storage}`;
}
