import type { VolumeAttachment, VolumeAttributesClass } from "../../types/storage/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";

export const volumeAttachmentStrategy = strategyFor<VolumeAttachment>({
  hasGeneration: false,
  prepareForCreate(attachment) {
    attachment.status = { attached: false };
  },
});

export const volumeAttachmentTable = table<VolumeAttachment>(
  [
    nameColumn,
    column(
      "Attacher",
      "string",
      "Attacher indicates the name of the volume driver that MUST handle this request. This is the name returned by GetPluginName().",
    ),
    column("PV", "string", "Name of the persistent volume to attach."),
    column("Node", "string", "The node that the volume should be attached to."),
    column(
      "Attached",
      "boolean",
      "Indicates the volume is successfully attached. This field must only be set by the entity completing the attach operation, i.e. the external-attacher.",
    ),
    ageColumn,
  ],
  (attachment, now) => [
    attachment.metadata.name,
    attachment.spec.attacher,
    attachment.spec.source.persistentVolumeName ?? "",
    attachment.spec.nodeName,
    attachment.status?.attached ?? false,
    age(attachment, now),
  ],
);

export const attributesClassTable = table<VolumeAttributesClass>(
  [nameColumn, column("DriverName", "string", "Name of the CSI driver This field is immutable."), ageColumn],
  (attributesClass, now) => [attributesClass.metadata.name, attributesClass.driverName, age(attributesClass, now)],
);
