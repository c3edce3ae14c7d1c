import type { Clock } from "../../../machinery/clock.ts";
import type { UnstructuredObject } from "../../../machinery/meta/object.ts";
import type { Store } from "../../../store/types.ts";
import type { UserInfo } from "../../client/types.ts";
import { parsedOf } from "../../serialize/parsed.ts";
import type { ReviewedToken, TokenAuthenticator } from "../bearer-tokens.ts";
import { issuer, type TokenClaims, type TokenSigner } from "./token-signer.ts";

interface Known {
  readonly claims: TokenClaims;
  readonly user: UserInfo;
}

/** Signatures that were found good are remembered; everything else about a token is looked at every time. */
const cacheLimit = 2000;
/** A pod that is being deleted may use its token so long after its grace period. */
const deletionLeeway = 60_000;
const extraPrefix = "authentication.kubernetes.io";

/** Who bears a service account token: the account, as long as it and what the token is bound to live. */
export class ServiceAccountTokens implements TokenAuthenticator {
  readonly #signer: TokenSigner;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(signer: TokenSigner, store: Store, clock: Clock) {
    this.#signer = signer;
    this.#store = store;
    this.#clock = clock;
  }

  /** undefined: not a good token for any of the audiences; those that it is good for come back beside the user. */
  async review(token: string, audiences: readonly string[] = [issuer]): Promise<ReviewedToken | undefined> {
    const known = this.#read(token);
    if (known === undefined) return undefined;
    const { claims, user } = known;
    const now = this.#clock.now() / 1000;
    if (now >= claims.exp || now < claims.nbf - 60) return undefined;
    const good = audiences.filter((audience) => claims.aud.includes(audience));
    if (good.length === 0 || !(await this.#lives(claims))) return undefined;
    return { user, audiences: good };
  }

  #read(token: string): Known | undefined {
    const cached = this.#known.get(token);
    if (cached !== undefined) return cached;
    const claims = this.#signer.verify(token);
    if (claims === undefined) return undefined;
    const known = { claims, user: userOf(claims) };
    if (this.#known.size >= cacheLimit) this.#known.clear();
    this.#known.set(token, known);
    return known;
  }

  async #lives({ "kubernetes.io": bound }: TokenClaims): Promise<boolean> {
    const { namespace, serviceaccount, pod, secret, node } = bound;
    const wanted: [string, string][] = [[`serviceaccounts/${namespace}/${serviceaccount.name}`, serviceaccount.uid]];
    if (pod) wanted.push([`pods/${namespace}/${pod.name}`, pod.uid]);
    if (secret) wanted.push([`secrets/${namespace}/${secret.name}`, secret.uid]);
    // A token of a pod names the pod's node too, which may go before the pod does.
    if (node && !pod) wanted.push([`nodes/${node.name}`, node.uid]);
    for (const [key, uid] of wanted) {
      const entry = await this.#store.get(`/registry/${key}`);
      if (entry === undefined || !this.#isAlive(parsedOf(entry.value), uid)) return false;
    }
    return true;
  }

  #isAlive({ metadata }: UnstructuredObject, uid: string): boolean {
    if (metadata.uid !== uid) return false;
    const { deletionTimestamp } = metadata;
    return deletionTimestamp === undefined || this.#clock.now() < Date.parse(deletionTimestamp) + deletionLeeway;
  }
}

function userOf({ jti, "kubernetes.io": { namespace, serviceaccount, pod, node } }: TokenClaims): UserInfo {
  const extra: Record<string, string[]> = { [`${extraPrefix}/credential-id`]: [`JTI=${jti}`] };
  if (pod) {
    extra[`${extraPrefix}/pod-name`] = [pod.name];
    extra[`${extraPrefix}/pod-uid`] = [pod.uid];
  }
  if (node) {
    extra[`${extraPrefix}/node-name`] = [node.name];
    extra[`${extraPrefix}/node-uid`] = [node.uid];
  }
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    extra,
  };
}
