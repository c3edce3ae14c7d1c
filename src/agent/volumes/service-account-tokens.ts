/** ServiceAccount tokens of the node's pods: asked for once, kept, and renewed before they end (the kubelet's token manager). */
import { LinkError, type PodRef, type ServerLink, type ServiceAccountToken } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { TokenSource } from "./plugins/types.ts";

/** Of a token's life, after which it is renewed; a long one after a day at the latest. */
const RENEWED_AT = 0.8;
const LONGEST_USE = 24 * 3600 * 1000;
/** After a renewal that failed. */
const RETRY = 60_000;

export interface ServiceAccountTokensOptions {
  readonly link: Pick<ServerLink, "requestToken">;
  readonly clock: Clock;
  readonly log: Logger;
  /** A token of the pod is due: its volumes must be refreshed, which asks here again. */
  readonly due: (podUid: string) => void;
}

interface Kept {
  readonly podUid: string;
  readonly token: string;
  /** Both by Clock.elapsed(): what the server's clock and ours say of each other may change. */
  readonly expiresAt: number;
  renewAt: number;
}

export class ServiceAccountTokens implements TokenSource {
  readonly #options: ServiceAccountTokensOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #running = new Map<string, Promise<string>>();
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;
  #closed = false;

  constructor(options: ServiceAccountTokensOptions) {
    this.#options = options;
  }

  token(
    pod: Pod,
    request: { readonly audience?: string; readonly expirationSeconds: number },
    written?: () => Promise<string | undefined>,
  ): Promise<string> {
    const { namespace = "", name = "", uid = "" } = pod.metadata;
    const serviceAccount = pod.spec?.serviceAccountName ?? "default";
    const key = `${uid} ${serviceAccount} ${request.expirationSeconds} ${request.audience ?? ""}`;
    const kept = this.#kept.get(key);
    if (kept && kept.renewAt > this.#options.clock.elapsed()) return Promise.resolve(kept.token);
    let running = this.#running.get(key);
    if (running === undefined) {
      const ref = { namespace, name, uid };
      running = this.#request(key, kept, ref, { serviceAccount, ...request })
        .catch((error: unknown) => this.#fromBefore(key, uid, written, error))
        .finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return running;
  }

  forget(podUid: string): void {
    for (const [key, kept] of this.#kept) if (kept.podUid === podUid) this.#kept.delete(key);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #request(
    key: string,
    kept: Kept | undefined,
    pod: PodRef,
    request: Parameters<ServerLink["requestToken"]>[1],
  ): Promise<string> {
    const { link, clock, log } = this.#options;
    let answer: ServiceAccountToken;
    try {
      answer = await link.requestToken(pod, request);
    } catch (error) {
      if (kept === undefined || kept.expiresAt <= clock.elapsed()) throw error;
      log.warn({ err: error, pod }, "a service account token could not be renewed; the old one is still good");
      kept.renewAt = clock.elapsed() + RETRY;
      this.#schedule(kept.renewAt);
      return kept.token;
    }
    const now = clock.elapsed();
    // By the clock of the server that made it, where the token says so.
    const made = claimsOf(answer.token).iat;
    const life = Date.parse(answer.expirationTimestamp) - (made === undefined ? clock.now() : made * 1000);
    const renewAt = now + Math.max(RETRY, Math.min(life * RENEWED_AT, LONGEST_USE));
    this.#kept.set(key, { podUid: pod.uid, token: answer.token, expiresAt: now + life, renewAt });
    this.#schedule(renewAt);
    return answer.token;
  }

  /** Of an agent that was started while the server is away: its pods' tokens are good as long as they say. */
  async #fromBefore(
    key: string,
    podUid: string,
    written: (() => Promise<string | undefined>) | undefined,
    error: unknown,
  ): Promise<string> {
    const away = error instanceof LinkError && error.reason === "Unavailable";
    const token = away ? await written?.() : undefined;
    const { clock } = this.#options;
    const left = token === undefined ? 0 : (claimsOf(token).exp ?? 0) * 1000 - clock.now();
    if (token === undefined || left <= 0) throw error;
    const now = clock.elapsed();
    const renewAt = now + RETRY;
    this.#kept.set(key, { podUid, token, expiresAt: now + left, renewAt });
    this.#schedule(renewAt);
    return token;
  }

  /** One timer for all: the earliest. */
  #schedule(at: number): void {
    if (this.#closed || (this.#timer && this.#timer.at <= at)) return;
    this.#timer?.cancel();
    const { clock } = this.#options;
    this.#timer = { at, cancel: clock.after(Math.max(0, at - clock.elapsed()), () => this.#renew()) };
  }

  #renew(): void {
    this.#timer = undefined;
    const now = this.#options.clock.elapsed();
    const due = new Set<string>();
    let next = Number.POSITIVE_INFINITY;
    for (const { podUid, renewAt } of this.#kept.values()) {
      if (renewAt <= now) due.add(podUid);
      else next = Math.min(next, renewAt);
    }
    if (next < Number.POSITIVE_INFINITY) this.#schedule(next);
    for (const podUid of due) this.#options.due(podUid);
  }
}

/** Empty where the token says nothing. */
function claimsOf(token: string): { readonly iat?: number; readonly exp?: number } {
  try {
    return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { iat?: number; exp?: number };
  } catch {
    return {};
  }
}
