/** Bootstrap tokens as Kubernetes keeps them: https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/ */
import type { Secret } from "../types/core/v1.ts";

export const bootstrapTokenType = "bootstrap.kubernetes.io/token";
export const bootstrapTokenNamespace = "kube-system";
/** Whom the default bindings let ask for a node's certificate; kubeadm's name, which its users and tools know. */
export const defaultNodeTokenGroup = "system:bootstrappers:kubeadm:default-node-token";

const namePrefix = "bootstrap-token-";
const usagePrefix = "usage-bootstrap-";
const idPattern = /^[a-z0-9]{6}$/;
const tokenPattern = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const groupPattern = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** What is shown to nobody but its bearer: "abcdef.0123456789abcdef" in two parts. */
export interface TokenParts {
  readonly id: string;
  readonly secret: string;
}

export function parseBootstrapToken(text: string): TokenParts | undefined {
  const [, id, secret] = tokenPattern.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

export function isTokenId(text: string): boolean {
  return idPattern.test(text);
}

export function isBootstrapGroup(text: string): boolean {
  return groupPattern.test(text);
}

export function tokenSecretName(id: string): string {
  return namePrefix + id;
}

export interface BootstrapToken extends TokenParts {
  readonly description: string;
  /** RFC 3339 as it stands in the Secret; undefined: never. */
  readonly expiration: string | undefined;
  /** "authentication", "signing" */
  readonly usages: readonly string[];
  /** Beside system:bootstrappers. */
  readonly groups: readonly string[];
}

export function tokenSecret({ id, secret, description, expiration, usages, groups }: BootstrapToken): Secret {
  const texts: Record<string, string> = {
    "token-id": id,
    "token-secret": secret,
    ...(description === "" ? {} : { description }),
    ...(expiration === undefined ? {} : { expiration }),
    ...(groups.length === 0 ? {} : { "auth-extra-groups": groups.join(",") }),
  };
  for (const usage of usages) texts[usagePrefix + usage] = "true";
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: tokenSecretName(id), namespace: bootstrapTokenNamespace },
    type: bootstrapTokenType,
    data: Object.fromEntries(
      Object.entries(texts).map(([key, text]) => [key, Buffer.from(text, "utf8").toString("base64")]),
    ),
  };
}

/** undefined where the Secret is no bootstrap token, or not under the name that its id asks for. */
export function readTokenSecret({ type, metadata, data = {} }: Secret): BootstrapToken | undefined {
  if (type !== bootstrapTokenType || metadata.namespace !== bootstrapTokenNamespace) return undefined;
  const text = (key: string): string => Buffer.from(data[key] ?? "", "base64").toString("utf8");
  const id = text("token-id");
  const secret = text("token-secret");
  if (secret === "" || metadata.name !== tokenSecretName(id)) return undefined;
  return {
    id,
    secret,
    description: text("description"),
    expiration: text("expiration") || undefined,
    usages: Object.keys(data)
      .filter((key) => key.startsWith(usagePrefix) && text(key) === "true")
      .map((key) => key.slice(usagePrefix.length))
      .sort(),
    groups: text("auth-extra-groups").split(",").filter(Boolean),
  };
}

/** In ms, 0 or less where it has expired; undefined: never. What is no time has expired, as for Kubernetes. */
export function tokenLifeLeft({ expiration }: Pick<BootstrapToken, "expiration">, now: number): number | undefined {
  if (expiration === undefined) return undefined;
  const end = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(expiration) ? Date.parse(expiration) : Number.NaN;
  return Number.isNaN(end) ? 0 : end - now;
}
