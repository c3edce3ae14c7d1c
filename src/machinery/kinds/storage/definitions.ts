import { defineGroup } from "../define.ts";
import type { ResourceDefinition } from "../types.ts";
import { csiDriverStrategy, csiDriverTable, csiNodeTable, storageCapacityTable } from "./csi.ts";
import { storageClassStrategy, storageClassTable } from "./storage-class.ts";
import { attributesClassTable, volumeAttachmentStrategy, volumeAttachmentTable } from "./volume-attachment.ts";

const cluster = { scope: "Cluster" } as const;

export const storageDefinitions: readonly ResourceDefinition[] = defineGroup("storage.k8s.io", "k8s.io/api/storage", [
  { kind: "CSIDriver", plural: "csidrivers", ...cluster, strategy: csiDriverStrategy, table: csiDriverTable },
  { kind: "CSINode", plural: "csinodes", ...cluster, strategy: { hasGeneration: false }, table: csiNodeTable },
  {
    kind: "CSIStorageCapacity",
    plural: "csistoragecapacities",
    strategy: { hasGeneration: false },
    table: storageCapacityTable,
  },
  {
    kind: "StorageClass",
    plural: "storageclasses",
    shortNames: ["sc"],
    ...cluster,
    strategy: storageClassStrategy,
    table: storageClassTable,
  },
  {
    kind: "VolumeAttachment",
    plural: "volumeattachments",
    ...cluster,
    status: true,
    strategy: volumeAttachmentStrategy,
    table: volumeAttachmentTable,
  },
  {
    kind: "VolumeAttributesClass",
    plural: "volumeattributesclasses",
    shortNames: ["vac"],
    ...cluster,
    table: attributesClassTable,
  },
]);
