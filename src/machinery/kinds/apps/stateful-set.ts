import type { StatefulSet } from "../../types/apps/v1.ts";
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
} from "../columns.ts";
import { defaultPodTemplate } from "../core/pod/defaults.ts";
import { defaultClaimSpec } from "../core/pod/volume-defaults.ts";
import { strategyFor } from "../strategy-for.ts";

export const statefulSetStrategy = strategyFor<StatefulSet>({
  defaultObject(set) {
    const { spec } = set;
    set.status ??= emptyStatus();
    set.status.replicas ??= 0;
    set.status.availableReplicas ??= 0;
    if (spec === undefined) return;
    spec.podManagementPolicy ||= "OrderedReady";
    spec.updateStrategy ??= {};
    if (!spec.updateStrategy.type) {
      spec.updateStrategy.type = "RollingUpdate";
      spec.updateStrategy.rollingUpdate ??= {};
    }
    if (spec.updateStrategy.rollingUpdate) spec.updateStrategy.rollingUpdate.partition ??= 0;
    spec.persistentVolumeClaimRetentionPolicy ??= {};
    spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= "Retain";
    spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= "Retain";
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec.template);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion ||= "v1";
      claim.kind ||= "PersistentVolumeClaim";
      defaultClaimSpec(claim.spec);
      claim.status ??= {};
      claim.status.phase ||= "Pending";
    }
  },
  prepareForCreate(set) {
    set.status = emptyStatus();
  },
});

function emptyStatus(): NonNullable<StatefulSet["status"]> {
  return { replicas: 0, availableReplicas: 0 };
}

export const statefulSetTable = table<StatefulSet>(
  [
    nameColumn,
    column("Ready", "string", "Number of the pod with ready state"),
    ageColumn,
    containersColumn,
    imagesColumn,
  ],
  (set, now) => [
    set.metadata.name,
    `${set.status?.readyReplicas ?? 0}/${set.spec?.replicas ?? 0}`,
    age(set, now),
    containerNames(set.spec?.template.spec?.containers),
    containerImages(set.spec?.template.spec?.containers),
  ],
);
