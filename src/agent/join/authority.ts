import { X509Certificate } from "node:crypto";
import { hashOfAuthority } from "../../machinery/bootstrap/join-token.ts";
import { JoinError } from "./join-error.ts";
import { ServerApi } from "./server-api.ts";

/**
 * First contact: takes the CA from whoever answers, and keeps it only when its hash is the token's. Nothing is told to the
 * other side before. Returns PEM; throws JoinError.
 */
export async function fetchAuthority(url: string, caHash: string): Promise<string> {
  const { code, text } = await new ServerApi({ url, ca: undefined, credentials: {} }).send("GET", "/cacerts");
  const pem = code === 200 ? certificateIn(text) : undefined;
  if (pem === undefined) throw new JoinError(`what answers at ${url} is no kl server: check the address`);
  if (hashOfAuthority(pem) !== caHash) {
    throw new JoinError(
      `the server at ${url} is not the one that the token is for (its CA has another hash): check the address, or make a token on that server with kl token create`,
    );
  }
  return pem;
}

/** One certificate, in PEM as OpenSSL writes it, so that nothing but it is kept. */
function certificateIn(text: string): string | undefined {
  try {
    return new X509Certificate(text).toString();
  } catch {
    return undefined;
  }
}
