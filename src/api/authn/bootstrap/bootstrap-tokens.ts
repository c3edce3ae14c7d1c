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
import type { TokenAuthenticator } from "../bearer-tokens.ts";

/**
 * Bearer tokens of the form <id>.<secret>: whoever is about to join, as system:bootstrap:<id>.
 * Rules: plugin/pkg/auth/authenticator/token/bootstrap.
 */
export function bootstrapTokens(store: Store, clock: Clock): TokenAuthenticator {
  return {
    review(token) {
      const parts = parseBootstrapToken(token);
      return parts && find(store, clock, parts.id, parts.secret).then((user) => user && { user });
    },
  };
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
