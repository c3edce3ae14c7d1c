/** /secrets-encrypt: what `kl secrets-encrypt` asks, for who may that path. */
import { badRequest } from "../../machinery/status/errors.ts";
import { readBody } from "../http/body.ts";
import type { PathHandler } from "../http/handler.ts";
import { respondJson } from "../http/response.ts";
import { methodNotAllowed, parsedObject } from "../http/rest.ts";
import type { SecretsEncryption } from "./secrets-encryption.ts";

export function encryptionPath(encryption: SecretsEncryption): PathHandler {
  return {
    open: false,
    async handle(path, exchange) {
      if (path !== "/secrets-encrypt") return false;
      if (exchange.method === "POST") await act(encryption, parsedObject(await readBody(exchange)));
      else if (exchange.method !== "GET") throw methodNotAllowed();
      respondJson(exchange, 200, `${JSON.stringify(await encryption.status())}\n`);
      return true;
    },
  };
}

async function act(encryption: SecretsEncryption, { action }: { readonly action?: unknown }): Promise<void> {
  if (action !== "enable" && action !== "rotate" && action !== "reencrypt") {
    throw badRequest('the action must be "enable", "rotate" or "reencrypt"');
  }
  try {
    await encryption[action]();
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
