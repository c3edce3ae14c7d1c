/** Query parameters as kube-apiserver decodes them: the option types of meta/v1. Bad values are a 400 in Go's words. */

import { validateFieldManager } from "../../machinery/meta/object-meta.ts";
import { escapeFieldValue } from "../../machinery/selectors/fields.ts";
import { badRequest, invalid } from "../../machinery/status/errors.ts";
import { fieldForbidden, notSupported, required } from "../../machinery/status/field-errors.ts";
import { invalidDryRun } from "../pipeline/delete.ts";
import { managerOfUserAgent } from "../pipeline/field-manager.ts";
import type { ListParameters } from "../pipeline/list.ts";
import { selectionOf } from "../pipeline/selection.ts";
import type { Call, FieldValidation, WriteParameters } from "../pipeline/types.ts";
import type { WatchParameters } from "../pipeline/watch.ts";
import type { Resource } from "../registry/resource.ts";

/** undefined where it is absent or empty. */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const value = /^[+-]?\d{1,18}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return value;
}

/** Anything but "false" and "0" is true, as Kubernetes has it; also an empty value. */
export function booleanParameter(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  return text === null ? undefined : text.toLowerCase() !== "false" && text !== "0";
}

export function listParameters(query: URLSearchParams, resource: Resource): ListParameters {
  const sendInitialEvents = booleanParameter(query, "sendInitialEvents");
  integerParameter(query, "timeoutSeconds");
  return {
    ...(sendInitialEvents === undefined ? {} : { sendInitialEvents }),
    selection: selectionOf(resource, query.get("labelSelector") ?? "", query.get("fieldSelector") ?? ""),
    limit: Math.max(0, integerParameter(query, "limit") ?? 0),
    continue: query.get("continue") ?? "",
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
  };
}

/** A watch of one object (a legacy path that names it) is a watch of its kind for that name. */
export function watchParameters(query: URLSearchParams, { resource, name }: Call): WatchParameters {
  const sendInitialEvents = booleanParameter(query, "sendInitialEvents");
  const given = query.get("fieldSelector") ?? "";
  const fieldSelector = name === "" || given !== "" ? given : `metadata.name=${escapeFieldValue(name)}`;
  const selection = selectionOf(resource, query.get("labelSelector") ?? "", fieldSelector);
  if (name !== "" && selection.fields.exact("metadata.name") !== name) {
    throw badRequest("fieldSelector metadata.name doesn't match requested name");
  }
  integerParameter(query, "limit");
  return {
    selection,
    continue: query.get("continue") ?? "",
    resourceVersion: query.get("resourceVersion") ?? "",
    resourceVersionMatch: query.get("resourceVersionMatch") ?? "",
    allowWatchBookmarks: booleanParameter(query, "allowWatchBookmarks") ?? false,
    ...(sendInitialEvents === undefined ? {} : { sendInitialEvents }),
  };
}

const validations = ["Ignore", "Strict", "Warn"];

/** `options`: the kind whose name a refusal carries, "CreateOptions". */
export function writeParameters(
  query: URLSearchParams | undefined,
  options: string,
  userAgent: string | undefined,
): WriteParameters {
  if (query === undefined) {
    return { dryRun: false, fieldValidation: "Warn", fieldManager: managerOfUserAgent(userAgent) };
  }
  const dryRun = query.getAll("dryRun").filter((value) => value !== "");
  const fieldValidation = query.get("fieldValidation") || "Warn";
  const fieldManager = query.get("fieldManager") ?? "";
  const errors = validateFieldManager(fieldManager, "fieldManager");
  if (dryRun.some((value) => value !== "All")) errors.push(invalidDryRun(dryRun));
  if (!validations.includes(fieldValidation)) {
    errors.push(notSupported("fieldValidation", fieldValidation, ["", ...validations]));
  }
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: options }, "", errors);
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: fieldValidation as FieldValidation,
    fieldManager: fieldManager || managerOfUserAgent(userAgent),
  };
}

/** Of an apply the client must say who it is; `force` belongs to it alone. */
export function patchParameters(
  query: URLSearchParams,
  isApply: boolean,
  userAgent: string | undefined,
): WriteParameters & { readonly force: boolean } {
  const force = booleanParameter(query, "force");
  if (isApply && !query.get("fieldManager")) {
    throw invalid({ group: "meta.k8s.io", kind: "PatchOptions" }, "", [
      required("fieldManager", "is required for apply patch"),
    ]);
  }
  if (!isApply && force !== undefined) {
    throw invalid({ group: "meta.k8s.io", kind: "PatchOptions" }, "", [
      fieldForbidden("force", "may not be specified for non-apply patch"),
    ]);
  }
  return { ...writeParameters(query, "PatchOptions", userAgent), force: force ?? false };
}
