import type { Informer, InformerFactory } from "../../api/client/types.ts";
import { scaledValue } from "../../machinery/kinds/apps/int-or-percent.ts";
import type { ResourceDefinition } from "../../machinery/kinds/types.ts";
import { controllerOf, type KubeObject, parseApiVersion } from "../../machinery/meta/object.ts";
import type { Deployment, ReplicaSet, StatefulSet } from "../../machinery/types/apps/v1.ts";
import type { Pod, ReplicationController } from "../../machinery/types/core/v1.ts";
import type { OwnerReference } from "../../machinery/types/meta/v1.ts";
import type { PodDisruptionBudget } from "../../machinery/types/policy/v1.ts";
import { informerByOwner } from "../owner-index.ts";

export interface Expectation {
  readonly expectedPods: number;
  readonly desiredHealthy: number;
  /** Pods that nobody controls, where the budget would have to know how many there shall be. */
  readonly unmanaged: readonly string[];
}

interface Scale {
  readonly uid: string;
  readonly replicas: number;
}

type Scaled = KubeObject & { spec?: { replicas?: number } };

/** How many pods there shall be, and how many of them well (k8s.io/kubernetes/pkg/controller/disruption). */
export class ExpectedPods {
  readonly #informers: ReadonlyMap<string, Informer<Scaled>>;
  readonly #deployments: Informer<Deployment>;
  readonly #definitions: () => readonly ResourceDefinition[];

  constructor(informers: InformerFactory, definitions: () => readonly ResourceDefinition[]) {
    const apps = (resource: string) => ({ group: "apps", version: "v1", resource });
    this.#deployments = informers.informer<Deployment>(apps("deployments"));
    this.#definitions = definitions;
    this.#informers = new Map<string, Informer<Scaled>>([
      ["ReplicaSet.apps", informerByOwner<ReplicaSet>(informers, apps("replicasets"))],
      ["StatefulSet.apps", informers.informer<StatefulSet>(apps("statefulsets"))],
      [
        "ReplicationController.",
        informers.informer<ReplicationController>({ group: "", version: "v1", resource: "replicationcontrollers" }),
      ],
    ]);
  }

  /** Throws an Error with what the budget's SyncFailed condition tells. */
  of({ spec = {} }: PodDisruptionBudget, pods: readonly Pod[]): Expectation {
    const { minAvailable, maxUnavailable } = spec;
    if (maxUnavailable !== undefined) {
      const { expectedPods, unmanaged } = this.#scaleOf(pods);
      const unavailable = scaledValue(maxUnavailable, expectedPods, true) ?? 0;
      return { expectedPods, desiredHealthy: Math.max(0, expectedPods - unavailable), unmanaged };
    }
    if (minAvailable === undefined) return { expectedPods: 0, desiredHealthy: 0, unmanaged: [] };
    if (typeof minAvailable === "number") {
      return { expectedPods: pods.length, desiredHealthy: minAvailable, unmanaged: [] };
    }
    const { expectedPods, unmanaged } = this.#scaleOf(pods);
    return { expectedPods, desiredHealthy: scaledValue(minAvailable, expectedPods, true) ?? 0, unmanaged };
  }

  #scaleOf(pods: readonly Pod[]): { expectedPods: number; unmanaged: string[] } {
    const replicas = new Map<string, number>();
    const unmanaged: string[] = [];
    for (const pod of pods) {
      const owner = controllerOf(pod);
      const name = pod.metadata.name ?? "";
      if (owner === undefined) {
        unmanaged.push(name);
        continue;
      }
      if (replicas.has(owner.uid)) continue;
      const scale = this.#find(owner, pod.metadata.namespace ?? "");
      if (scale === undefined) throw new Error(`found no controllers for pod "${name}"`);
      replicas.set(scale.uid, scale.replicas);
    }
    let expectedPods = 0;
    for (const count of replicas.values()) expectedPods += count;
    return { expectedPods, unmanaged };
  }

  /** A ReplicaSet of a Deployment stands for the whole Deployment. */
  #find({ apiVersion, kind, name, uid }: OwnerReference, namespace: string): Scale | undefined {
    const { group } = parseApiVersion(apiVersion);
    const informer = this.#informers.get(`${kind}.${group}`);
    if (informer === undefined) {
      const definition = this.#definitions().find((known) => known.group === group && known.names.kind === kind);
      if (definition && definition.subresources.scale === undefined) {
        const resource = group === "" ? definition.names.plural : `${definition.names.plural}.${group}`;
        throw new Error(`${resource} does not implement the scale subresource`);
      }
      return undefined;
    }
    const owner = informer.lister.get(`${namespace}/${name}`);
    if (owner?.metadata.uid !== uid) return undefined;
    const above = kind === "ReplicaSet" ? controllerOf(owner) : undefined;
    if (above?.kind !== "Deployment") return { uid, replicas: owner.spec?.replicas ?? 1 };
    const deployment = this.#deployments.lister.get(`${namespace}/${above.name}`);
    if (deployment?.metadata.uid !== above.uid) return undefined;
    return { uid: above.uid, replicas: deployment.spec?.replicas ?? 1 };
  }
}
