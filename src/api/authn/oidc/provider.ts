/** An OpenID provider's keys: discovered, fetched and kept. */
import { request } from "node:https";
import type { CompactVerifyGetKey, JSONWebKeySet } from "jose";

export interface ProviderOptions {
  readonly issuer: string;
  /** Absent: under the issuer. */
  readonly discoveryUrl?: string;
  /** PEM; absent: what the system trusts. */
  readonly certificateAuthority?: string;
}

const timeout = 10_000;
const answerLimit = 1024 * 1024;
/** An unknown key is looked for at most so often. */
const pause = 10_000;

export class Provider {
  readonly #options: ProviderOptions;
  #keys: Promise<CompactVerifyGetKey> | undefined;
  #fetched = Number.NEGATIVE_INFINITY;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  /** `fresh`: some key was not among the last ones; they are fetched anew, unless that was a moment ago. */
  keys(fresh = false): Promise<CompactVerifyGetKey> {
    if (this.#keys === undefined || (fresh && performance.now() - this.#fetched > pause)) {
      this.#fetched = performance.now();
      this.#keys = this.#fetch().catch((error: unknown) => {
        this.#keys = undefined;
        throw error;
      });
    }
    return this.#keys;
  }

  async #fetch(): Promise<CompactVerifyGetKey> {
    const { issuer, discoveryUrl = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration` } = this.#options;
    const document = (await this.#get(discoveryUrl)) as { readonly issuer?: string; readonly jwks_uri?: string };
    if (document.issuer !== issuer) {
      throw new Error(
        `oidc: issuer did not match the issuer returned by provider, expected "${issuer}" got "${document.issuer}"`,
      );
    }
    const keys = (await this.#get(document.jwks_uri ?? "")) as JSONWebKeySet;
    const { createLocalJWKSet } = await import("jose");
    return createLocalJWKSet(keys);
  }

  #get(url: string): Promise<unknown> {
    const { certificateAuthority: ca } = this.#options;
    return new Promise((resolve, reject) => {
      if (!url.startsWith("https://")) throw new Error(`oidc: ${url || "an empty URL"} is not https`);
      const outgoing = request(url, { timeout, ...(ca === undefined ? {} : { ca }) }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > answerLimit) outgoing.destroy(new Error(`oidc: ${url} answers with too much`));
          chunks.push(chunk);
        });
        response.on("error", reject);
        response.on("end", () => {
          if (response.statusCode !== 200) reject(new Error(`oidc: ${url} answers ${response.statusCode}`));
          else {
            try {
              resolve(JSON.parse(Buffer.concat(chunks).toString("utf8")));
            } catch (error) {
              reject(new Error(`oidc: ${url} does not answer with JSON`, { cause: error }));
            }
          }
        });
      });
      outgoing.on("timeout", () => outgoing.destroy(new Error(`oidc: ${url} does not answer`)));
      outgoing.on("error", reject);
      outgoing.end();
    });
  }
}
