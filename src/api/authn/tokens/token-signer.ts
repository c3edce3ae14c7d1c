/** Signs and reads service account tokens: JSON Web Tokens of the algorithm ES256 (RFC 7519, RFC 7518 3.4). */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";

export const issuer = "https://kubernetes.default.svc.cluster.local";

interface Named {
  readonly name: string;
  readonly uid: string;
}

export interface TokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  /** Seconds since the epoch. */
  readonly exp: number;
  readonly iat: number;
  readonly nbf: number;
  readonly jti: string;
  readonly "kubernetes.io": {
    readonly namespace: string;
    readonly serviceaccount: Named;
    readonly pod?: Named;
    readonly secret?: Named;
    readonly node?: Named;
    /** It should have been renewed by then, in seconds since the epoch. */
    readonly warnafter?: number;
  };
}

export class TokenSigner {
  readonly #pem: string | undefined;
  #keys: { readonly own: KeyObject; readonly open: KeyObject; readonly id: string } | undefined;

  /** `pem`: an EC key on P-256, in PKCS #8. Absent: one that lives as long as this process. Read when first needed. */
  constructor(pem: string | undefined) {
    this.#pem = pem;
  }

  sign(claims: TokenClaims): string {
    const { own, id } = this.#load();
    const head = encode({ alg: "ES256", kid: id });
    const text = `${head}.${encode(claims)}`;
    const signature = sign("sha256", Buffer.from(text), { key: own, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  }

  /** undefined: not a token of this signer. Says nothing of its time, its audience or what it is bound to. */
  verify(token: string): TokenClaims | undefined {
    const [head = "", body = "", signature = "", ...more] = token.split(".");
    if (signature === "" || more.length > 0) return undefined;
    const { open, id } = this.#load();
    const header = decode(head) as { alg?: unknown; kid?: unknown } | undefined;
    if (header?.alg !== "ES256" || header.kid !== id) return undefined;
    const bytes = Buffer.from(signature, "base64url");
    const good = verify("sha256", Buffer.from(`${head}.${body}`), { key: open, dsaEncoding: "ieee-p1363" }, bytes);
    const claims = good ? (decode(body) as TokenClaims | undefined) : undefined;
    return claims?.iss === issuer ? claims : undefined;
  }

  /** The public key as a JSON Web Key Set, for whoever checks tokens himself. */
  keySet(): object {
    const { open, id } = this.#load();
    return { keys: [{ use: "sig", ...open.export({ format: "jwk" }), kid: id, alg: "ES256" }] };
  }

  #load() {
    if (this.#keys === undefined) {
      const own =
        this.#pem === undefined
          ? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
          : createPrivateKey(this.#pem);
      const open = createPublicKey(own);
      const id = createHash("sha256")
        .update(open.export({ type: "spki", format: "der" }))
        .digest("base64url");
      this.#keys = { own, open, id };
    }
    return this.#keys;
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    // What does not read is no token; the caller refuses it as such.
    return undefined;
  }
}
