import { describe, expect, it } from "vitest";
import * as errors from "../../../src/machinery/status/errors.ts";
import * as field from "../../../src/machinery/status/field-errors.ts";
import { goQuote } from "../../../src/machinery/status/go-format.ts";

const pods = { group: "", resource: "pods" };
const deployments = { group: "apps", resource: "deployments" };

describe("status errors", () => {
  it("notFound names the group", () => {
    expect(errors.notFound(pods, "web").status).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: 'pods "web" not found',
      reason: "NotFound",
      details: { name: "web", kind: "pods" },
      code: 404,
    });
    expect(errors.notFound(deployments, "x").message).toBe('deployments.apps "x" not found');
  });
  it("accessDenied speaks as the authorizer", () => {
    const base = { user: "u", verb: "get", resource: "pods" };
    expect(errors.accessDenied({ ...base, namespace: "default", name: "x" }).message).toBe(
      'pods "x" is forbidden: User "u" cannot get resource "pods" in API group "" in the namespace "default"',
    );
    expect(errors.accessDenied({ ...base, group: "apps", subresource: "status" }).message).toBe(
      'pods.apps is forbidden: User "u" cannot get resource "pods/status" in API group "apps" at the cluster scope',
    );
    expect(errors.accessDenied({ user: "u", verb: "get", path: "/x" }).message).toBe(
      'forbidden: User "u" cannot get path "/x"',
    );
  });
  it("invalid lists its causes", () => {
    const one = errors.invalid({ group: "", kind: "Pod" }, "x", [field.required("spec.containers")]);
    expect(one.message).toBe('Pod "x" is invalid: spec.containers: Required value');
    const two = errors.invalid({ group: "apps", kind: "Deployment" }, "x", [
      field.required("a"),
      field.invalidValue("b", 3, "too odd"),
    ]);
    expect(two.message).toBe('Deployment.apps "x" is invalid: [a: Required value, b: Invalid value: 3: too odd]');
    expect(two.status.details?.causes).toEqual([
      { reason: "FieldValueRequired", message: "Required value", field: "a" },
      { reason: "FieldValueInvalid", message: "Invalid value: 3: too odd", field: "b" },
    ]);
    expect(two.code).toBe(422);
  });
  it.each([
    [errors.conflict(pods, "x"), 409, "Conflict", 'Operation cannot be fulfilled on pods "x": the object has been'],
    [errors.alreadyExists(pods, "x"), 409, "AlreadyExists", 'pods "x" already exists'],
    [errors.tooOldResourceVersion(1, 5), 410, "Expired", "too old resource version: 1 (5)"],
    [errors.gone("x"), 410, "Gone", "x"],
    [errors.timeout("slow"), 504, "Timeout", "Timeout: slow"],
    [errors.serverTimeout(pods, "list"), 500, "ServerTimeout", "The list operation against pods could not be"],
    [errors.internalError("boom"), 500, "InternalError", "Internal error occurred: boom"],
    [
      errors.methodNotSupported(pods, "patch"),
      405,
      "MethodNotAllowed",
      'patch is not supported on resources of kind "pods"',
    ],
    [errors.requestEntityTooLarge("limit is 3"), 413, "RequestEntityTooLarge", "Request entity too large: limit is 3"],
    [errors.notAcceptable(["a", "b"]), 406, "NotAcceptable", "only the following media types are accepted: a, b"],
    [errors.forbidden(pods, "x", "no more"), 403, "Forbidden", 'pods "x" is forbidden: no more'],
    [errors.noSuchResource(), 404, "NotFound", "the server could not find the requested resource"],
    [
      errors.generateNameConflict(deployments, "a-1", 1),
      409,
      "AlreadyExists",
      'deployments.apps "a-1" already exists, the server was not able to generate a unique name for the object',
    ],
    [
      errors.preconditionUid(pods, "x", "1", "2"),
      409,
      "Conflict",
      'Operation cannot be fulfilled on pods "x": Precondition failed: UID in precondition: 1, UID in object meta: 2',
    ],
    [
      errors.preconditionResourceVersion(pods, "x", "1", "2"),
      409,
      "Conflict",
      "Precondition failed: ResourceVersion in precondition: 1, ResourceVersion in object meta: 2",
    ],
    [errors.listTooOld(), 410, "Expired", "The resourceVersion for the provided list is too old."],
    [errors.watchTooOld(), 410, "Expired", "The resourceVersion for the provided watch is too old."],
    [errors.continueTooOld(), 410, "Expired", "You must start a new list without the continue parameter."],
    [
      errors.unsupportedMediaType(["a", "b"]),
      415,
      "UnsupportedMediaType",
      "the body of the request was in an unknown format - accepted media types include: a, b",
    ],
    [errors.tooManyRequests(), 429, "TooManyRequests", "Too many requests, please try again later."],
    [errors.serviceUnavailable("later"), 503, "ServiceUnavailable", "later"],
    [errors.tooLargeResourceVersion(9, 5), 504, "Timeout", "Timeout: Too large resource version: 9, current: 5"],
    [errors.unauthorized(), 401, "Unauthorized", "Unauthorized"],
  ])("%s", (error, code, reason, text) => {
    expect(error.code).toBe(code);
    expect(error.reason).toBe(reason);
    expect(error.message).toContain(text);
  });
});

describe("details", () => {
  it("say when to come back, where to go on, and of what kind the object is", () => {
    expect(errors.tooManyRequests("busy", 3).retryAfterSeconds).toBe(3);
    expect(errors.tooManyRequests("busy").status.details).toBeUndefined();
    expect(errors.continueTooOld("token").status.metadata).toEqual({ continue: "token" });
    expect(errors.tooLargeResourceVersion(9, 5).status.details).toEqual({
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    });
    expect(errors.conflict(deployments, "x").status.details).toEqual({ name: "x", group: "apps", kind: "deployments" });
    expect(errors.qualifiedResource(deployments)).toBe("deployments.apps");
    expect(errors.qualifiedKind({ group: "", kind: "Pod" })).toBe("Pod");
  });
});

describe("field errors", () => {
  it.each([
    [field.notSupported("a", "x", ["a", "b"]), 'Unsupported value: "x": supported values: "a", "b"'],
    [field.tooLong("a", 253), "Too long: may not be more than 253 bytes"],
    [field.tooMany("a", 5, 1), "Too many: 5: must have at most 1 item"],
    [field.duplicate("a", { name: "x<" }), 'Duplicate value: {"name":"x\\u003c"}'],
    [field.invalidValue("a", undefined, "why"), "Invalid value: null: why"],
    [field.valueNotFound("a", "v"), 'Not found: "v"'],
    [field.fieldForbidden("a", "no"), "Forbidden: no"],
    [field.internalFieldError("a", "boom"), "Internal error: boom"],
    [field.typeInvalid("a", "integer", "must be"), 'Invalid value: "integer": must be'],
    [field.immutable("a", true), "Invalid value: true: field is immutable"],
  ])("%j", (error, message) => {
    expect(error.message).toBe(message);
  });
  it("quotes as Go", () => {
    expect(goQuote('a"\\\n\x01é\u200b\u{1F600}')).toBe('"a\\"\\\\\\n\\x01é\\u200b😀"');
  });
});
