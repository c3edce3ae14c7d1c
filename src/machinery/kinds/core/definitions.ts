import type { UnstructuredObject } from "../../meta/object.ts";
import type { Event } from "../../types/events/v1.ts";
import { defineGroup } from "../define.ts";
import { toCoreEvent } from "../events/convert.ts";
import { selectable } from "../selectable.ts";
import type { ResourceDefinition } from "../types.ts";
import { componentStatusTable } from "./component-status.ts";
import { configMapStrategy, configMapTable } from "./config-map.ts";
import { endpointsStrategy, endpointsTable } from "./endpoints.ts";
import { coreEventStrategy, eventTable } from "./event.ts";
import { limitRangeStrategy, limitRangeTable } from "./limit-range.ts";
import { namespaceStrategy, namespaceTable } from "./namespace/strategy.ts";
import { nodeStrategy } from "./node/strategy.ts";
import { nodeTable } from "./node/table.ts";
import { persistentVolumeStrategy, persistentVolumeTable } from "./persistent-volume.ts";
import { persistentVolumeClaimStrategy, persistentVolumeClaimTable } from "./persistent-volume-claim.ts";
import { podStrategy } from "./pod/strategy.ts";
import { podTable } from "./pod/table.ts";
import { podTemplateStrategy, podTemplateTable } from "./pod-template.ts";
import { replicationControllerStrategy, replicationControllerTable } from "./replication-controller.ts";
import { resourceQuotaStrategy, resourceQuotaTable } from "./resource-quota.ts";
import { secretStrategy, secretTable } from "./secret.ts";
import { serviceStrategy } from "./service/strategy.ts";
import { serviceTable } from "./service/table.ts";
import { serviceAccountStrategy, serviceAccountTable } from "./service-account.ts";

const all = ["all"];
const connect = ["create", "get"];
const proxy = ["create", "delete", "get", "patch", "update"];

const podFields = selectable(
  [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
  ],
  { "spec.hostNetwork": "false" },
);

export const coreDefinitions: readonly ResourceDefinition[] = defineGroup("", "k8s.io/api/core", [
  {
    kind: "ComponentStatus",
    plural: "componentstatuses",
    shortNames: ["cs"],
    scope: "Cluster",
    verbs: ["get", "list"],
    computed: true,
    table: componentStatusTable,
    deprecated: "v1 ComponentStatus is deprecated in v1.19+",
  },
  { kind: "Binding", plural: "bindings", verbs: ["create"], strategy: { hasGeneration: false } },
  { kind: "ConfigMap", plural: "configmaps", shortNames: ["cm"], strategy: configMapStrategy, table: configMapTable },
  {
    kind: "Endpoints",
    plural: "endpoints",
    shortNames: ["ep"],
    strategy: endpointsStrategy,
    table: endpointsTable,
    deprecated: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  },
  {
    kind: "Event",
    plural: "events",
    shortNames: ["ev"],
    strategy: coreEventStrategy,
    table: eventTable,
    selectableFields: {
      ...selectable([
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "type",
      ]),
      ...eventSource(),
    },
    convert: (event) =>
      event.apiVersion === "v1" ? event : (toCoreEvent(event as unknown as Event) as unknown as UnstructuredObject),
  },
  {
    kind: "LimitRange",
    plural: "limitranges",
    shortNames: ["limits"],
    strategy: limitRangeStrategy,
    table: limitRangeTable,
  },
  {
    kind: "Namespace",
    plural: "namespaces",
    shortNames: ["ns"],
    scope: "Cluster",
    verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
    status: true,
    other: { finalize: { kind: "Namespace", verbs: ["update"] } },
    strategy: namespaceStrategy,
    table: namespaceTable,
    selectableFields: selectable(["status.phase"]),
  },
  {
    kind: "Node",
    plural: "nodes",
    shortNames: ["no"],
    scope: "Cluster",
    status: true,
    other: { proxy: { kind: "NodeProxyOptions", verbs: proxy } },
    strategy: nodeStrategy,
    table: nodeTable,
    selectableFields: selectable(["spec.unschedulable"], { "spec.unschedulable": "false" }),
  },
  {
    kind: "PersistentVolumeClaim",
    plural: "persistentvolumeclaims",
    shortNames: ["pvc"],
    status: true,
    strategy: persistentVolumeClaimStrategy,
    table: persistentVolumeClaimTable,
  },
  {
    kind: "PersistentVolume",
    plural: "persistentvolumes",
    shortNames: ["pv"],
    scope: "Cluster",
    status: true,
    strategy: persistentVolumeStrategy,
    table: persistentVolumeTable,
  },
  {
    kind: "Pod",
    plural: "pods",
    shortNames: ["po"],
    categories: all,
    status: true,
    other: {
      attach: { kind: "PodAttachOptions", verbs: connect },
      binding: { kind: "Binding", verbs: ["create"] },
      ephemeralcontainers: { kind: "Pod", verbs: ["get", "patch", "update"] },
      eviction: { kind: "Eviction", group: "policy", version: "v1", verbs: ["create"] },
      exec: { kind: "PodExecOptions", verbs: connect },
      log: { kind: "Pod", verbs: ["get"] },
      portforward: { kind: "PodPortForwardOptions", verbs: connect },
      proxy: { kind: "PodProxyOptions", verbs: proxy },
      resize: { kind: "Pod", verbs: ["get", "patch", "update"] },
    },
    strategy: podStrategy,
    table: podTable,
    selectableFields: {
      ...podFields,
      // The field's name until v1; no pod has a value for the other.
      ...(podFields["spec.nodeName"] ? { "spec.host": podFields["spec.nodeName"] } : {}),
      "status.podIPs": () => "",
    },
  },
  { kind: "PodTemplate", plural: "podtemplates", strategy: podTemplateStrategy, table: podTemplateTable },
  {
    kind: "ReplicationController",
    plural: "replicationcontrollers",
    shortNames: ["rc"],
    categories: all,
    status: true,
    scale: {
      specReplicasPath: ".spec.replicas",
      statusReplicasPath: ".status.replicas",
      labelSelectorPath: ".spec.selector",
    },
    strategy: replicationControllerStrategy,
    table: replicationControllerTable,
    selectableFields: selectable(["status.replicas"], { "status.replicas": "0" }),
  },
  {
    kind: "ResourceQuota",
    plural: "resourcequotas",
    shortNames: ["quota"],
    status: true,
    strategy: resourceQuotaStrategy,
    table: resourceQuotaTable,
  },
  {
    kind: "Secret",
    plural: "secrets",
    strategy: secretStrategy,
    table: secretTable,
    selectableFields: selectable(["type"]),
  },
  {
    kind: "ServiceAccount",
    plural: "serviceaccounts",
    shortNames: ["sa"],
    other: {
      token: { kind: "TokenRequest", group: "authentication.k8s.io", version: "v1", verbs: ["create"] },
    },
    strategy: serviceAccountStrategy,
    table: serviceAccountTable,
  },
  {
    kind: "Service",
    plural: "services",
    shortNames: ["svc"],
    categories: all,
    status: true,
    other: { proxy: { kind: "ServiceProxyOptions", verbs: proxy } },
    strategy: serviceStrategy,
    table: serviceTable,
    selectableFields: selectable(["spec.clusterIP", "spec.type"]),
  },
]);

/** `source` is the component that reported it, in the old field or the new one. */
function eventSource() {
  const old = selectable(["source.component"])["source.component"];
  const reporter = selectable(["reportingComponent"]).reportingComponent;
  return old && reporter ? { source: (event: Parameters<typeof old>[0]) => old(event) || reporter(event) } : {};
}
