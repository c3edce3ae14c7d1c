/** The thread in which requests are signed: one after the other, until whoever started it ends it. */
import { parentPort } from "node:worker_threads";
import type { SigningAnswer } from "./certificate-signer.ts";
import { type SigningOrder, signRequest } from "./sign-request.ts";

parentPort?.on("message", async ({ id, order }: { readonly id: number; readonly order: SigningOrder }) => {
  const answer: SigningAnswer = await signRequest(order).then(
    (certificate) => ({ id, certificate }),
    (error: unknown) => ({ id, error: error instanceof Error ? error.message : String(error) }),
  );
  parentPort?.postMessage(answer);
});
