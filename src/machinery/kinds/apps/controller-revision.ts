import { controllerOf } from "../../meta/object.ts";
import type { ControllerRevision } from "../../types/apps/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";

export const controllerRevisionTable = table<ControllerRevision>(
  [
    nameColumn,
    column("Controller", "string", "Controller of the object"),
    column("Revision", "string", "Revision indicates the revision of the state represented by Data."),
    ageColumn,
  ],
  (revision, now) => {
    const owner = controllerOf(revision);
    const slash = owner?.apiVersion?.indexOf("/") ?? -1;
    const group = owner && slash > 0 ? owner.apiVersion.slice(0, slash) : "";
    const kind = owner ? (owner.kind ?? "").toLowerCase() + (group ? `.${group}` : "") : "";
    return [
      revision.metadata.name,
      owner ? `${kind}/${owner.name ?? ""}` : "<none>",
      revision.revision ?? 0,
      age(revision, now),
    ];
  },
);
