import type { GroupVersionResource, KubeObject } from "../../machinery/meta/object.ts";
import {
  type LabelSelector,
  labelSelectorFrom,
  labelSelectorFromSet,
  nothing,
} from "../../machinery/selectors/labels.ts";
import type { ReplicaSet, ReplicaSetStatus } from "../../machinery/types/apps/v1.ts";
import type { PodTemplateSpec, ReplicationController } from "../../machinery/types/core/v1.ts";

/** What ReplicaSet and ReplicationController have in common; they differ in their selector alone. */
export interface Replicated extends KubeObject {
  spec?: { replicas?: number; minReadySeconds?: number; template?: PodTemplateSpec };
  status?: ReplicaSetStatus;
}

export interface ReplicaKind<T extends Replicated> {
  /** Of the controller. */
  readonly name: string;
  readonly gvr: GroupVersionResource;
  readonly apiVersion: string;
  readonly kind: string;
  /** Whether its status has terminatingReplicas. */
  readonly countsTerminating: boolean;
  /** Throws on a selector that validation would refuse. */
  selectorOf(object: T): LabelSelector;
}

export const replicaSetKind: ReplicaKind<ReplicaSet> = {
  name: "replicaset",
  gvr: { group: "apps", version: "v1", resource: "replicasets" },
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  countsTerminating: true,
  selectorOf: (object) => labelSelectorFrom(object.spec?.selector),
};

export const replicationControllerKind: ReplicaKind<ReplicationController> = {
  name: "replicationcontroller",
  gvr: { group: "", version: "v1", resource: "replicationcontrollers" },
  apiVersion: "v1",
  kind: "ReplicationController",
  countsTerminating: false,
  // An empty one would take in every pod; the API server fills it in from the template's labels.
  selectorOf: ({ spec }) => (Object.keys(spec?.selector ?? {}).length ? labelSelectorFromSet(spec?.selector) : nothing),
};
