/** Reviews: questions that are answered from the request and the policy, and kept nowhere. */
import type { FieldError } from "../../machinery/kinds/types.ts";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { badRequest, invalid } from "../../machinery/status/errors.ts";
import { invalidValue } from "../../machinery/status/field-errors.ts";
import type { TokenReviewSpec } from "../../machinery/types/authentication/v1.ts";
import type { SubjectAccessReviewSpec } from "../../machinery/types/authorization/v1.ts";
import type { TokenAuthenticator } from "../authn/bearer-tokens.ts";
import { issuer } from "../authn/tokens/token-signer.ts";
import type { Attributes, Authorizer, RuleResolver } from "../authz/types.ts";
import type { UserInfo } from "../client/types.ts";
import { timestamp } from "../pipeline/timestamp.ts";
import type { Call, Outcome } from "../pipeline/types.ts";
import { bytesOf } from "../serialize/template.ts";
import type { KindHooks } from "./types.ts";

type Evaluate = NonNullable<KindHooks["evaluate"]>;

export function reviewHooks(authorizer: Authorizer & RuleResolver, tokens: TokenAuthenticator): [string, KindHooks][] {
  const self = access(authorizer, "self");
  return [
    ["selfsubjectaccessreviews.authorization.k8s.io", { evaluate: self }],
    ["subjectaccessreviews.authorization.k8s.io", { evaluate: access(authorizer, "other") }],
    ["localsubjectaccessreviews.authorization.k8s.io", { evaluate: access(authorizer, "local") }],
    ["selfsubjectrulesreviews.authorization.k8s.io", { evaluate: selfRules(authorizer) }],
    ["selfsubjectreviews.authentication.k8s.io", { evaluate: whoAmI }],
    ["tokenreviews.authentication.k8s.io", { evaluate: reviewToken(tokens) }],
  ];
}

function answer(object: UnstructuredObject): Promise<Outcome> {
  return Promise.resolve({ object, bytes: bytesOf(object), revision: 0, created: true });
}

type Whose = "self" | "other" | "local";

function access(authorizer: Authorizer, whose: Whose): Evaluate {
  return async (_pipeline, call, object) => {
    const spec = (object.spec ?? {}) as SubjectAccessReviewSpec;
    const errors = [...validateAccess(spec, whose), ...validatePlace(object, spec, whose)];
    if (errors.length > 0) throw invalid({ group: call.resource.group, kind: call.resource.kind }, "", errors);
    const decision = await authorizer.authorize(attributesOf(spec, whose === "self" ? call.user : subjectOf(spec)));
    const { allowed, reason } = decision;
    return answer({ ...object, status: { allowed, ...(reason ? { reason } : {}) } });
  };
}

/** k8s.io/kubernetes/pkg/apis/authorization/validation. */
function validateAccess(spec: SubjectAccessReviewSpec, whose: Whose): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceAttributes, nonResourceAttributes, user, groups = [] } = spec;
  if (resourceAttributes && nonResourceAttributes) {
    const why = "cannot be specified in combination with resourceAttributes";
    errors.push(invalidValue("spec.nonResourceAttributes", nonResourceAttributes, why));
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    const why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    errors.push(invalidValue("spec.resourceAttributes", null, why));
  }
  if (whose !== "self" && !user && groups.length === 0) {
    errors.push(invalidValue("spec.user", user ?? "", "at least one of user or group must be specified"));
  }
  return errors;
}

/** A review is about nothing in particular, but for the namespace of a local one. */
function validatePlace(
  { metadata }: UnstructuredObject,
  { resourceAttributes, nonResourceAttributes }: SubjectAccessReviewSpec,
  whose: Whose,
): FieldError[] {
  const errors: FieldError[] = [];
  const local = whose === "local";
  const { managedFields: _, namespace, ...rest } = metadata;
  if (Object.keys(rest).length > 0 || (!local && namespace)) {
    errors.push(invalidValue("metadata", metadata, local ? "must be empty except for namespace" : "must be empty"));
  }
  if (!local) return errors;
  if (resourceAttributes && resourceAttributes.namespace !== namespace) {
    const path = "spec.resourceAttributes.namespace";
    errors.push(invalidValue(path, resourceAttributes.namespace ?? "", "must match metadata.namespace"));
  }
  if (nonResourceAttributes) {
    const why = "disallowed on this kind of request";
    errors.push(invalidValue("spec.nonResourceAttributes", nonResourceAttributes, why));
  }
  return errors;
}

function subjectOf({ user = "", groups = [], uid, extra }: SubjectAccessReviewSpec): UserInfo {
  return { name: user, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}

function attributesOf(
  { resourceAttributes, nonResourceAttributes }: SubjectAccessReviewSpec,
  user: UserInfo,
): Attributes {
  if (resourceAttributes === undefined) {
    return { user, verb: nonResourceAttributes?.verb ?? "", path: nonResourceAttributes?.path ?? "" };
  }
  const { verb = "", group = "", version = "", resource = "", fieldSelector, ...where } = resourceAttributes;
  const selector = fieldSelector?.rawSelector ?? requirementsText(fieldSelector?.requirements ?? []);
  return {
    user,
    verb,
    path: "",
    group,
    version,
    resource,
    ...(where.subresource === undefined ? {} : { subresource: where.subresource }),
    ...(where.namespace === undefined ? {} : { namespace: where.namespace }),
    ...(where.name === undefined ? {} : { name: where.name }),
    ...(selector === "" ? {} : { fieldSelector: selector }),
  };
}

/** Only what narrows to one value can widen what is allowed; the rest is left out. */
function requirementsText(
  requirements: readonly { readonly key?: string; readonly operator?: string; readonly values?: readonly string[] }[],
): string {
  return requirements
    .filter(({ operator, values }) => operator === "In" && values?.length === 1)
    .map(({ key = "", values = [] }) => `${key}=${values[0]}`)
    .join(",");
}

const whoAmI: Evaluate = ({ clock }, { user }, object) => {
  const metadata = { creationTimestamp: timestamp(clock.now()) };
  return answer({ ...object, metadata, status: { userInfo: userOf(user) } });
};

function userOf({ name: username, uid, groups, extra }: UserInfo): object {
  return { username, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) };
}

function reviewToken(tokens: TokenAuthenticator): Evaluate {
  return async (_pipeline, _call, object) => {
    const { token = "", audiences } = (object.spec ?? {}) as TokenReviewSpec;
    if (token === "") throw badRequest("token is required for TokenReview in authentication");
    const wanted = audiences?.length ? audiences : undefined;
    const found = await tokens.review(token, wanted);
    if (found === undefined) return answer({ ...object, status: { user: {}, error: "[invalid bearer token]" } });
    // A token of a sort without audiences is good for the API server itself.
    const good = found.audiences ?? [issuer].filter((audience) => wanted === undefined || wanted.includes(audience));
    if (good.length === 0) return answer({ ...object, status: { user: {}, error: "[invalid bearer token]" } });
    return answer({ ...object, status: { authenticated: true, user: userOf(found.user), audiences: good } });
  };
}

function selfRules(resolver: RuleResolver): Evaluate {
  return (_pipeline, { user }: Call, object) => {
    const { namespace } = (object.spec ?? {}) as { readonly namespace?: string };
    if (!namespace) throw badRequest("no namespace on request");
    const { resourceRules, nonResourceRules, incomplete, errors } = resolver.rulesFor(user, namespace);
    const evaluationError = errors.length > 1 ? `[${errors.join(", ")}]` : errors[0];
    return answer({
      ...object,
      status: {
        resourceRules,
        nonResourceRules,
        incomplete,
        ...(evaluationError === undefined ? {} : { evaluationError }),
      },
    });
  };
}
