import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { allFields, type FieldSelector, parseFieldSelector } from "../../machinery/selectors/fields.ts";
import { everything, type LabelSelector, parseLabelSelector } from "../../machinery/selectors/labels.ts";
import { badRequest } from "../../machinery/status/errors.ts";
import type { Resource } from "../registry/resource.ts";

/** Which objects of a kind a list, watch or deletecollection is about. */
export interface Selection {
  readonly labels: LabelSelector;
  readonly fields: FieldSelector;
  /** Everything matches: nothing has to be parsed. */
  readonly all: boolean;
  /** Two selections with the same text select the same. */
  readonly text: string;
  matches(object: UnstructuredObject): boolean;
}

const selectAll: Selection = {
  labels: everything,
  fields: allFields,
  all: true,
  text: "",
  matches: () => true,
};

/** Throws a 400 for what does not parse or names a field that the kind does not select by. */
export function selectionOf(resource: Resource, labelSelector = "", fieldSelector = ""): Selection {
  if (labelSelector === "" && fieldSelector === "") return selectAll;
  const labels = parsed(() => parseLabelSelector(labelSelector));
  const fields = parsed(() => parseFieldSelector(fieldSelector));
  const selectable = resource.definition.selectableFields ?? {};
  for (const { field } of fields.terms) {
    if (field === "metadata.name" || (field === "metadata.namespace" && resource.namespaced)) continue;
    if (!Object.hasOwn(selectable, field)) {
      throw badRequest(unknownField(resource, field));
    }
  }
  const matchesFields = (object: UnstructuredObject): boolean =>
    fields.matches((field) => {
      if (field === "metadata.name") return object.metadata.name ?? "";
      if (field === "metadata.namespace") return object.metadata.namespace ?? "";
      return selectable[field]?.(object) ?? "";
    });
  return {
    labels,
    fields,
    all: labels.empty && fields.empty,
    text: `${labels}\0${fields}`,
    matches: (object) =>
      (labels.empty || labels.matches(object.metadata.labels)) && (fields.empty || matchesFields(object)),
  };
}

/** What the kind's conversion of field labels says; kubectl puts before it what it was looking for. */
function unknownField({ definition, kind }: Resource, field: string): string {
  if (definition.selectableFields === undefined) {
    return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
  }
  if (kind === "Job") return `field label ${JSON.stringify(field)} not supported for Job`;
  return `field label not supported: ${field}`;
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
