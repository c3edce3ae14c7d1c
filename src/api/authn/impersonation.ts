/** Acting as somebody else by the Impersonate-… headers (k8s.io/apiserver/pkg/endpoints/filters/impersonation). */
import type { IncomingHttpHeaders } from "node:http";
import { accessDenied, internalError } from "../../machinery/status/errors.ts";
import type { Attributes, Authorizer } from "../authz/types.ts";
import type { UserInfo } from "../client/types.ts";

/** undefined: nobody else is asked for. Rejects with 403 where the user may not be what he asks to be. */
export type Impersonation = (user: UserInfo, headers: IncomingHttpHeaders) => Promise<UserInfo> | undefined;

const authenticated = "system:authenticated";
const unauthenticated = "system:unauthenticated";
const anonymous = "system:anonymous";
const extraPrefix = "impersonate-extra-";
const accounts = "system:serviceaccount:";

export function impersonation(authorizer: Authorizer): Impersonation {
  return (user, headers) => {
    let any = false;
    for (const name in headers) if (name.startsWith("impersonate-")) any = true;
    return any ? impersonate(authorizer, user, wantedOf(headers)) : undefined;
  };
}

interface Wanted {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid: string;
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** A header that was sent several times comes as one text, its values parted by commas. */
function values(header: string | readonly string[] | undefined): string[] {
  const text = Array.isArray(header) ? header.join(",") : ((header as string | undefined) ?? "");
  return text
    .split(",")
    .map((value) => value.trim())
    .filter((value) => value !== "");
}

function wantedOf(headers: IncomingHttpHeaders): Wanted {
  const extra: Record<string, string[]> = {};
  for (const [name, header] of Object.entries(headers)) {
    if (!name.startsWith(extraPrefix)) continue;
    extra[unescaped(name.slice(extraPrefix.length))] = values(header);
  }
  const single = (name: string): string => String(headers[name] ?? "");
  return {
    name: single("impersonate-user"),
    groups: values(headers["impersonate-group"]),
    uid: single("impersonate-uid"),
    extra,
  };
}

function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    // As kube-apiserver: what is no valid escape is taken as it is.
    return key;
  }
}

async function impersonate(authorizer: Authorizer, user: UserInfo, wanted: Wanted): Promise<UserInfo> {
  const { name, groups, uid, extra } = wanted;
  if (name === "") throw internalError("requested impersonation of groups, uid or extra without impersonating a user");
  for (const request of requestsOf(wanted)) {
    const attributes: Attributes = { user, verb: "impersonate", path: "", ...request };
    const { allowed, reason } = await authorizer.authorize(attributes);
    if (!allowed) throw accessDenied({ user: user.name, verb: "impersonate", ...request }, reason);
  }
  return {
    name,
    groups: withImplied(name, groups),
    ...(uid === "" ? {} : { uid }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

interface ImpersonateRequest {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name: string;
}

function requestsOf({ name, groups, uid, extra }: Wanted): ImpersonateRequest[] {
  const authentication = { group: "authentication.k8s.io", version: "v1" };
  const core = { group: "", version: "v1" };
  const account = accountOf(name);
  const requests: ImpersonateRequest[] = [
    account === undefined
      ? { ...core, resource: "users", name }
      : { ...core, resource: "serviceaccounts", namespace: account.namespace, name: account.name },
  ];
  for (const group of groups) requests.push({ ...core, resource: "groups", name: group });
  for (const [key, texts] of Object.entries(extra)) {
    for (const text of texts) {
      requests.push({ ...authentication, resource: "userextras", subresource: key, name: text });
    }
  }
  if (uid !== "") requests.push({ ...authentication, resource: "uids", name: uid });
  return requests;
}

function accountOf(name: string): { readonly namespace: string; readonly name: string } | undefined {
  if (!name.startsWith(accounts)) return undefined;
  const [namespace = "", account = "", ...more] = name.slice(accounts.length).split(":");
  return namespace === "" || account === "" || more.length > 0 ? undefined : { namespace, name: account };
}

/** A service account's own groups when none are asked for, and always whether somebody is known at all. */
function withImplied(name: string, groups: readonly string[]): string[] {
  const account = accountOf(name);
  const implied =
    groups.length === 0 && account !== undefined
      ? ["system:serviceaccounts", `system:serviceaccounts:${account.namespace}`]
      : [...groups];
  const known = name === anonymous ? unauthenticated : authenticated;
  if (!implied.includes(authenticated) && !implied.includes(unauthenticated)) implied.push(known);
  return implied;
}
