import { fieldForbidden, required } from "../../status/field-errors.ts";
import type { VolumeAttachment, VolumeAttributesClass } from "../../types/storage/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import { checkImmutable, type Errors } from "../validation/checks.ts";

export const volumeAttachmentStrategy = strategyFor<VolumeAttachment>({
  hasGeneration: false,
  prepareForCreate(attachment) {
    attachment.status = { attached: false };
  },
  validate({ spec }) {
    const errors: Errors = [];
    if (!spec?.attacher) errors.push(required("spec.attacher", ""));
    if (!spec?.nodeName) errors.push(required("spec.nodeName"));
    const { persistentVolumeName, inlineVolumeSpec } = spec?.source ?? {};
    if (inlineVolumeSpec === undefined && !persistentVolumeName) {
      errors.push(required("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"));
    } else if (inlineVolumeSpec !== undefined && persistentVolumeName) {
      const reason = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
      errors.push(fieldForbidden("spec.source", reason));
    }
    return errors;
  },
  validateUpdate(attachment, old) {
    const errors: Errors = [];
    checkImmutable(errors, "spec", attachment.spec, old.spec);
    return errors;
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
    attachment.spec?.attacher ?? "",
    attachment.spec?.source?.persistentVolumeName ?? "",
    attachment.spec?.nodeName ?? "",
    attachment.status?.attached ?? false,
    age(attachment, now),
  ],
);

export const attributesClassTable = table<VolumeAttributesClass>(
  [nameColumn, column("DriverName", "string", "Name of the CSI driver This field is immutable."), ageColumn],
  (attributesClass, now) => [
    attributesClass.metadata.name,
    attributesClass.driverName ?? "",
    age(attributesClass, now),
  ],
);
