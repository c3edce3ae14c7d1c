/**
 * Constructors of the errors that kube-apiserver answers with: its code, reason, details and wording, for every caller
 * (k8s.io/apimachinery/pkg/api/errors). All give a StatusError to throw.
 */
import type { FieldError } from "../kinds/types.ts";
import { failure, type StatusError } from "./error.ts";
import { fieldErrorText } from "./field-errors.ts";
import { goQuote } from "./go-format.ts";

/** `resource` is the plural; a GroupVersionResource fits. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** "pods", "deployments.apps": how messages name a resource. */
export function qualifiedResource(gr: GroupResource): string {
  return gr.group === "" ? gr.resource : `${gr.resource}.${gr.group}`;
}

/** "Pod", "Deployment.apps". */
export function qualifiedKind(gk: GroupKind): string {
  return gk.group === "" ? gk.kind : `${gk.kind}.${gk.group}`;
}

function detailsOf(gr: GroupResource, name: string): { name?: string; group?: string; kind: string } {
  return { ...(name ? { name } : {}), ...(gr.group ? { group: gr.group } : {}), kind: gr.resource };
}

export function badRequest(message: string, options?: ErrorOptions): StatusError {
  return failure(400, "BadRequest", message, undefined, options);
}

export function unauthorized(message = "Unauthorized"): StatusError {
  return failure(401, "Unauthorized", message);
}

/** A request as authorization sees it. `path` alone for what is not a resource. */
export interface AccessAttributes {
  readonly user: string;
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly path?: string;
}

/** The authorizer's refusal: `pods "x" is forbidden: User "u" cannot get resource "pods" in API group "" in the namespace "default"`. */
export function accessDenied(attributes: AccessAttributes, reason = ""): StatusError {
  const { user, verb, group = "", resource, subresource, namespace, name = "", path } = attributes;
  let text: string;
  if (resource === undefined) {
    text = `User ${goQuote(user)} cannot ${verb} path ${goQuote(path ?? "")}`;
  } else {
    const full = subresource ? `${resource}/${subresource}` : resource;
    text = `User ${goQuote(user)} cannot ${verb} resource ${goQuote(full)} in API group ${goQuote(group)}`;
    text += namespace ? ` in the namespace ${goQuote(namespace)}` : " at the cluster scope";
  }
  return forbidden({ group, resource: resource ?? "" }, name, reason === "" ? text : `${text}: ${reason}`);
}

/** `pods "x" is forbidden: <why>`: admission and others who refuse. */
export function forbidden(gr: GroupResource, name: string, why: string): StatusError {
  if (gr.resource === "" && gr.group === "") return failure(403, "Forbidden", `forbidden: ${why}`, {});
  const what = name === "" ? qualifiedResource(gr) : `${qualifiedResource(gr)} ${goQuote(name)}`;
  return failure(403, "Forbidden", `${what} is forbidden: ${why}`, detailsOf(gr, name));
}

export function notFound(gr: GroupResource, name: string): StatusError {
  return failure(404, "NotFound", `${qualifiedResource(gr)} ${goQuote(name)} not found`, detailsOf(gr, name));
}

/** A path that nothing serves. */
export function noSuchResource(): StatusError {
  return failure(404, "NotFound", "the server could not find the requested resource", {});
}

export function methodNotSupported(gr: GroupResource, action: string): StatusError {
  const message = `${action} is not supported on resources of kind ${goQuote(qualifiedResource(gr))}`;
  return failure(405, "MethodNotAllowed", message, detailsOf(gr, ""));
}

export function notAcceptable(accepted: readonly string[]): StatusError {
  return failure(406, "NotAcceptable", `only the following media types are accepted: ${accepted.join(", ")}`);
}

export function alreadyExists(gr: GroupResource, name: string): StatusError {
  return failure(409, "AlreadyExists", `${qualifiedResource(gr)} ${goQuote(name)} already exists`, detailsOf(gr, name));
}

/** Every attempt at a generated name was taken. */
export function generateNameConflict(gr: GroupResource, name: string, retryAfterSeconds: number): StatusError {
  const message = `${qualifiedResource(gr)} ${goQuote(name)} already exists, the server was not able to generate a unique name for the object`;
  return failure(409, "AlreadyExists", message, { ...detailsOf(gr, name), retryAfterSeconds });
}

const modified = "the object has been modified; please apply your changes to the latest version and try again";

/** Lost the race on resourceVersion; with `why`, a precondition that did not hold. */
export function conflict(gr: GroupResource, name: string, why: string = modified): StatusError {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(gr)} ${goQuote(name)}: ${why}`;
  return failure(409, "Conflict", message, detailsOf(gr, name));
}

export function preconditionUid(gr: GroupResource, name: string, wanted: string, actual: string): StatusError {
  return conflict(gr, name, `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${actual}`);
}

export function preconditionResourceVersion(
  gr: GroupResource,
  name: string,
  wanted: string,
  actual: string,
): StatusError {
  const why = `Precondition failed: ResourceVersion in precondition: ${wanted}, ResourceVersion in object meta: ${actual}`;
  return conflict(gr, name, why);
}

/** 410, reason Gone. */
export function gone(message: string): StatusError {
  return failure(410, "Gone", message);
}

/** 410, reason Expired: a revision that is compacted away. */
export function expired(message: string): StatusError {
  return failure(410, "Expired", message);
}

/** A watch from before what is kept: `too old resource version: 5 (100)`. */
export function tooOldResourceVersion(asked: number | string, oldest: number | string): StatusError {
  return expired(`too old resource version: ${asked} (${oldest})`);
}

export function listTooOld(): StatusError {
  return expired("The resourceVersion for the provided list is too old.");
}

export function watchTooOld(): StatusError {
  return expired("The resourceVersion for the provided watch is too old.");
}

/** With `token`: where an inconsistent list may go on from. */
export function continueTooOld(token?: string): StatusError {
  if (token === undefined) {
    return expired(
      "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.",
    );
  }
  const error = expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
  error.status.metadata = { continue: token };
  return error;
}

/** `Pod "x" is invalid: [a, b]`, a cause for each. */
export function invalid(gk: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
  const texts = [...new Set(errors.map(fieldErrorText))];
  const list = texts.length > 1 ? `[${texts.join(", ")}]` : (texts[0] ?? "");
  const what = `${qualifiedKind(gk)} ${goQuote(name)} is invalid`;
  return failure(422, "Invalid", list === "" ? what : `${what}: ${list}`, {
    ...(name ? { name } : {}),
    ...(gk.group ? { group: gk.group } : {}),
    kind: gk.kind,
    causes: errors.map((error) => ({ reason: error.type, message: error.message, field: error.field })),
  });
}

export function requestEntityTooLarge(message: string): StatusError {
  return failure(413, "RequestEntityTooLarge", `Request entity too large: ${message}`);
}

export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return failure(415, "UnsupportedMediaType", message);
}

export function tooManyRequests(
  message = "Too many requests, please try again later.",
  retryAfterSeconds?: number,
): StatusError {
  return failure(429, "TooManyRequests", message, retryAfterSeconds === undefined ? undefined : { retryAfterSeconds });
}

/** The message that clients see is `Internal error occurred: <message>`. */
export function internalError(message: string, options?: ErrorOptions): StatusError {
  return failure(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] }, options);
}

export function serverTimeout(gr: GroupResource, operation: string, retryAfterSeconds = 0): StatusError {
  const message = `The ${operation} operation against ${qualifiedResource(gr)} could not be completed at this time, please try again.`;
  return failure(500, "ServerTimeout", message, {
    ...detailsOf(gr, operation),
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  });
}

export function serviceUnavailable(message: string, retryAfterSeconds?: number): StatusError {
  return failure(
    503,
    "ServiceUnavailable",
    message,
    retryAfterSeconds === undefined ? undefined : { retryAfterSeconds },
  );
}

export function timeout(message: string, retryAfterSeconds = 0): StatusError {
  return failure(504, "Timeout", `Timeout: ${message}`, retryAfterSeconds > 0 ? { retryAfterSeconds } : {});
}

/** A read that wants a revision which is not yet there. */
export function tooLargeResourceVersion(asked: number | string, current: number | string): StatusError {
  return failure(504, "Timeout", `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}
