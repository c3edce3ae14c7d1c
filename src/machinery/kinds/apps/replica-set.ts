import type { ReplicaSet } from "../../types/apps/v1.ts";
import {
  age,
  ageColumn,
  column,
  containerImages,
  containerNames,
  containersColumn,
  imagesColumn,
  nameColumn,
  table,
  wide,
} from "../columns.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { formatLabelSelector } from "../labels-format.ts";
import { strategyFor } from "../strategy-for.ts";

export const replicaSetStrategy = strategyFor<ReplicaSet>({
  defaultObject(set) {
    set.status ??= { replicas: 0 };
    set.status.replicas ??= 0;
    if (set.spec === undefined) return;
    set.spec.replicas ??= 1;
    defaultPodTemplate(set.spec.template);
  },
  prepareForCreate(set) {
    set.status = { replicas: 0 };
  },
});

export const replicaSetTable = table<ReplicaSet>(
  [
    nameColumn,
    column(
      "Desired",
      "integer",
      "Replicas is the number of desired pods. This is a pointer to distinguish between explicit zero and unspecified. Defaults to 1. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset",
    ),
    column(
      "Current",
      "integer",
      "Replicas is the most recently observed number of non-terminating pods. More info: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset",
    ),
    column(
      "Ready",
      "integer",
      "The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.",
    ),
    ageColumn,
    containersColumn,
    imagesColumn,
    wide(
      "Selector",
      "string",
      "Selector is a label query over pods that should match the replica count. Label keys and values that must match in order to be controlled by this replica set. It must match the pod template's labels. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors",
    ),
  ],
  (set, now) => [
    set.metadata.name,
    set.spec?.replicas ?? 0,
    set.status?.replicas ?? 0,
    set.status?.readyReplicas ?? 0,
    age(set, now),
    containerNames(set.spec?.template?.spec?.containers),
    containerImages(set.spec?.template?.spec?.containers),
    formatLabelSelector(set.spec?.selector),
  ],
);
