import { defineGroup } from "../define.ts";
import { selectable } from "../selectable.ts";
import type { ResourceDefinition } from "../types.ts";
import { controllerRevisionTable } from "./controller-revision.ts";
import { daemonSetStrategy, daemonSetTable } from "./daemon-set.ts";
import { deploymentStrategy, deploymentTable } from "./deployment.ts";
import { replicaSetStrategy, replicaSetTable } from "./replica-set.ts";
import { workloadScale } from "./scale-paths.ts";
import { statefulSetStrategy, statefulSetTable } from "./stateful-set.ts";

const categories = ["all"];

export const appsDefinitions: readonly ResourceDefinition[] = defineGroup("apps", "k8s.io/api/apps", [
  { kind: "ControllerRevision", plural: "controllerrevisions", table: controllerRevisionTable },
  {
    kind: "DaemonSet",
    plural: "daemonsets",
    shortNames: ["ds"],
    categories,
    status: true,
    strategy: daemonSetStrategy,
    table: daemonSetTable,
  },
  {
    kind: "Deployment",
    plural: "deployments",
    shortNames: ["deploy"],
    categories,
    status: true,
    scale: workloadScale,
    strategy: deploymentStrategy,
    table: deploymentTable,
  },
  {
    kind: "ReplicaSet",
    plural: "replicasets",
    shortNames: ["rs"],
    categories,
    status: true,
    scale: workloadScale,
    strategy: replicaSetStrategy,
    table: replicaSetTable,
    selectableFields: selectable(["status.replicas"], { "status.replicas": "0" }),
  },
  {
    kind: "StatefulSet",
    plural: "statefulsets",
    shortNames: ["sts"],
    categories,
    status: true,
    scale: workloadScale,
    strategy: statefulSetStrategy,
    table: statefulSetTable,
  },
]);
