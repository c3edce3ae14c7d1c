import { timingSafeEqual } from "node:crypto";
import {
  bootstrapTokenNamespace,
  isBootstrapGroup,
  parseBootstrapToken,
  readTokenSecret,
  tokenLifeLeft,
  tokenSecretName,
} from "../../../machinery/bootstrap/bootstrap-token.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { Secret } from "../../../machinery/types/core/v1.ts";
import type { Store } from "../../../store/types.ts";
import type { UserInfo } from "../../client/types.ts";
import { parsedOf } from "../../serialize/parsed.ts";
import type { Authenticator } from "../types.ts";

const bearer = /^bearer +(\S+)\s*$/i;

/**
 * `Authorization: Bearer <id>.<secret>`: whoever is about to join, as system:bootstrap:<id>. Other tokens, and those that
 * are not good (any more), are left to the next authenticator. Rules: plugin/pkg/auth/authenticator/token/bootstrap.
 */
export function bootstrapTokens(store: Store, clock: Clock): Authenticator {
  return {
    authenticate({ headers }) {
      const { authorization } = headers;
      const token = authorization && bearer.exec(authorization)?.[1];
      return token ? reviewBootstrapToken(store, clock, token) : undefined;
    },
  };
}

/** undefined at once for what has not the form of a bootstrap token. */
export function reviewBootstrapToken(
  store: Store,
  clock: Clock,
  token: string,
): Promise<UserInfo | undefined> | undefined {
  const parts = parseBootstrapToken(token);
  return parts && find(store, clock, parts.id, parts.secret);
}

async function find(store: Store, clock: Clock, id: string, secret: string): Promise<UserInfo | undefined> {
  const entry = await store.get(`/registry/secrets/${bootstrapTokenNamespace}/${tokenSecretName(id)}`);
  if (entry === undefined) return undefined;
  const object = parsedOf(entry.value) as unknown as Secret;
  const kept = readTokenSecret(object);
  if (kept === undefined || object.metadata.deletionTimestamp !== undefined) return undefined;
  if (!same(kept.secret, secret)) return undefined;
  const left = tokenLifeLeft(kept, clock.now());
  if (left !== undefined && left <= 0) return undefined;
  if (!kept.usages.includes("authentication") || !kept.groups.every(isBootstrapGroup)) return undefined;
  const groups = [...new Set(["system:bootstrappers", ...kept.groups])].sort();
  return { name: `system:bootstrap:${id}`, groups: [...groups, "system:authenticated"] };
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
