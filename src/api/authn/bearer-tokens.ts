import { unauthorized } from "../../machinery/status/errors.ts";
import type { UserInfo } from "../client/types.ts";
import type { Authenticator } from "./types.ts";

export interface ReviewedToken {
  readonly user: UserInfo;
  /** Those of the audiences asked for that it is good for. Absent: tokens of this sort have no audience. */
  readonly audiences?: readonly string[];
}

/** One sort of token. */
export interface TokenAuthenticator {
  /** undefined: not a good token of this sort. `audiences` absent: the API server's own. */
  review(token: string, audiences?: readonly string[]): ReviewedToken | undefined | Promise<ReviewedToken | undefined>;
}

/** Asks one after the other; the first that knows the token has the say. */
export class TokenChain implements TokenAuthenticator {
  readonly #links: readonly TokenAuthenticator[];

  constructor(links: readonly TokenAuthenticator[]) {
    this.#links = links;
  }

  async review(token: string, audiences?: readonly string[]): Promise<ReviewedToken | undefined> {
    for (const link of this.#links) {
      const asked = link.review(token, audiences);
      const found = asked instanceof Promise ? await asked : asked;
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

const protocolPrefix = "base64url.bearer.authorization.k8s.io.";

/** `Authorization: Bearer …`, or a WebSocket's subprotocol that carries it; 401 for a token that is not good. */
export function bearerTokens(tokens: TokenAuthenticator): Authenticator {
  return {
    authenticate({ headers }) {
      const token = tokenOf(headers.authorization) ?? protocolToken(headers["sec-websocket-protocol"]);
      if (token === undefined) return undefined;
      const asked = tokens.review(token);
      return asked instanceof Promise ? asked.then(known) : known(asked);
    },
  };
}

function known(found: ReviewedToken | undefined): UserInfo {
  if (found === undefined) throw unauthorized();
  return found.user;
}

function tokenOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined || !/^bearer /i.test(authorization)) return undefined;
  return authorization.slice(7).trim();
}

/** Browsers cannot set headers on a WebSocket (k8s.io/apiserver/pkg/authentication/request/websocket). */
function protocolToken(protocols: string | undefined): string | undefined {
  const found = protocols
    ?.split(",")
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith(protocolPrefix));
  return found && Buffer.from(found.slice(protocolPrefix.length), "base64url").toString("utf8");
}
