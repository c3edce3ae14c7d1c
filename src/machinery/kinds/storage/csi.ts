import type { CSIDriver, CSINode, CSIStorageCapacity } from "../../types/storage/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";

export const csiDriverStrategy = strategyFor<CSIDriver>({
  defaultObject({ spec }) {
    if (spec === undefined) return;
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
    spec.volumeLifecycleModes ??= ["Persistent"];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
});

export const csiDriverTable = table<CSIDriver>(
  [
    nameColumn,
    column(
      "AttachRequired",
      "boolean",
      "attachRequired indicates this CSI volume driver requires an attach operation (because it implements the CSI ControllerPublishVolume() method), and that the Kubernetes attach detach controller should call the attach volume interface which checks the volumeattachment status and waits until the volume is attached before proceeding to mounting.",
    ),
    column(
      "PodInfoOnMount",
      "boolean",
      "podInfoOnMount indicates this CSI volume driver requires additional pod information (like podName, podUID, etc.) during mount operations, if set to true. If set to false, pod information will not be passed on mount. Default is false.",
    ),
    column(
      "StorageCapacity",
      "boolean",
      "storageCapacity indicates that the CSI volume driver wants pod scheduling to consider the storage capacity that the driver deployment will report by creating CSIStorageCapacity objects with capacity information, if set to true.",
    ),
    column(
      "TokenRequests",
      "string",
      "tokenRequests indicates the CSI driver needs pods' service account tokens it is mounting volume for to do necessary authentication. Kubelet will pass the tokens in VolumeContext in the CSI NodePublishVolume calls.",
    ),
    column(
      "RequiresRepublish",
      "boolean",
      "requiresRepublish indicates the CSI driver wants `NodePublishVolume` being periodically called to reflect any possible change in the mounted volume. This field defaults to false.",
    ),
    column(
      "Modes",
      "string",
      'volumeLifecycleModes defines what kind of volumes this CSI volume driver supports. The default if the list is empty is "Persistent", which is the usage defined by the CSI specification and implemented in Kubernetes via the usual PV/PVC mechanism.',
    ),
    ageColumn,
  ],
  (driver, now) => [
    driver.metadata.name,
    driver.spec?.attachRequired ?? true,
    driver.spec?.podInfoOnMount ?? false,
    driver.spec?.storageCapacity ?? false,
    (driver.spec?.tokenRequests ?? []).map((request) => request.audience).join(",") || "<unset>",
    driver.spec?.requiresRepublish ?? false,
    (driver.spec?.volumeLifecycleModes ?? []).join(",") || "<none>",
    age(driver, now),
  ],
);

export const csiNodeTable = table<CSINode>(
  [
    nameColumn,
    column(
      "Drivers",
      "integer",
      "drivers is a list of information of all CSI Drivers existing on a node. If all drivers in the list are uninstalled, this can become empty.",
    ),
    ageColumn,
  ],
  (node, now) => [node.metadata.name, node.spec?.drivers?.length ?? 0, age(node, now)],
);

export const storageCapacityTable = table<CSIStorageCapacity>(
  [
    nameColumn,
    column(
      "StorageClassName",
      "string",
      "storageClassName represents the name of the StorageClass that the reported capacity applies to. It must meet the same requirements as the name of a StorageClass object (non-empty, DNS subdomain). If that object no longer exists, the CSIStorageCapacity object is obsolete and should be removed by its creator. This field is immutable.",
    ),
    column(
      "Capacity",
      "string",
      "capacity is the value reported by the CSI driver in its GetCapacityResponse for a GetCapacityRequest with topology and parameters that match the previous fields.",
    ),
    ageColumn,
  ],
  (capacity, now) => [
    capacity.metadata.name,
    capacity.storageClassName ?? "",
    capacity.capacity ?? "<unset>",
    age(capacity, now),
  ],
);
