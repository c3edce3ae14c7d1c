/** Reviews: questions that are answered from the request alone, and kept nowhere. */
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import type { Authorizer } from "../authz/types.ts";
import type { UserInfo } from "../client/types.ts";
import type { Call, Outcome } from "../pipeline/types.ts";
import { bytesOf } from "../serialize/template.ts";
import type { KindHooks } from "./types.ts";

interface AccessSpec {
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly resourceAttributes?: {
    readonly verb?: string;
    readonly group?: string;
    readonly version?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
}

export function reviewHooks(authorizer: Authorizer): [string, KindHooks][] {
  const access = (userOf: (call: Call, spec: AccessSpec) => UserInfo): KindHooks => ({
    async evaluate(_pipeline, call, object) {
      const spec = (object.spec ?? {}) as AccessSpec;
      const { resourceAttributes: about, nonResourceAttributes: path } = spec;
      const decision = await authorizer.authorize({
        ...about,
        user: userOf(call, spec),
        verb: about?.verb ?? path?.verb ?? "",
        path: path?.path ?? "",
      });
      const { allowed, reason } = decision;
      return answer({ ...object, status: { allowed, ...(reason ? { reason } : {}) } });
    },
  });
  const self = access(({ user }) => user);
  const other = access((_call, { user = "", groups = [] }) => ({ name: user, groups }));
  return [
    ["selfsubjectaccessreviews.authorization.k8s.io", self],
    ["subjectaccessreviews.authorization.k8s.io", other],
    ["localsubjectaccessreviews.authorization.k8s.io", other],
    ["selfsubjectrulesreviews.authorization.k8s.io", { evaluate: selfRules(authorizer) }],
    ["selfsubjectreviews.authentication.k8s.io", { evaluate: whoAmI }],
    ["tokenreviews.authentication.k8s.io", { evaluate: reviewToken }],
  ];
}

function answer(object: UnstructuredObject): Promise<Outcome> {
  return Promise.resolve({ object, bytes: bytesOf(object), revision: 0, created: true });
}

const whoAmI: NonNullable<KindHooks["evaluate"]> = (_pipeline, { user }, object) => {
  const { name: username, uid, groups, extra } = user;
  const userInfo = { username, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) };
  return answer({ ...object, status: { userInfo } });
};

/** No token is known yet: service account tokens come with another authenticator. */
const reviewToken: NonNullable<KindHooks["evaluate"]> = (_pipeline, _call, object) =>
  answer({ ...object, status: { user: {}, error: "[invalid bearer token]" } });

/** Whoever may do anything may do everything, as long as the authorizer knows no rules. */
function selfRules(authorizer: Authorizer): NonNullable<KindHooks["evaluate"]> {
  return async (_pipeline, { user }, object) => {
    const { allowed } = await authorizer.authorize({ user, verb: "*", path: "*", group: "*", resource: "*" });
    const resourceRules = allowed ? [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }] : [];
    const nonResourceRules = allowed ? [{ verbs: ["*"], nonResourceURLs: ["*"] }] : [];
    return answer({ ...object, status: { resourceRules, nonResourceRules, incomplete: false } });
  };
}
