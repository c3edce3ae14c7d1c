import type { UserInfo } from "../client/types.ts";
import type { Exchange } from "../http/exchange.ts";

/** Who sends a request. Bearer tokens (service accounts, bootstrap, OIDC) are further ones of these. */
export interface Authenticator {
  /** undefined: this one knows nothing of the request, the next is asked. Throws 401 for a credential that is bad. */
  authenticate(exchange: Exchange): UserInfo | undefined | Promise<UserInfo | undefined>;
}
