import { badRequest } from "../../machinery/status/errors.ts";
import type { Revision } from "../../store/types.ts";

/** Where a list goes on, as kube-apiserver's tokens say it: base64url of {"v":"meta.k8s.io/v1","rv":5,"start":"ns/name\0"}. */
export interface ContinueToken {
  /** The revision of the first page; -1: whatever is newest (an inconsistent list). */
  readonly revision: Revision;
  /** The last key that was given, below the prefix. */
  readonly after: string;
}

export function encodeContinue({ revision, after }: ContinueToken): string {
  const token = JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start: `${after}\0` });
  return Buffer.from(token, "utf8").toString("base64url");
}

/** Throws a 400. */
export function decodeContinue(text: string): ContinueToken {
  const bad = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  let token: unknown;
  try {
    token = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch (error) {
    throw bad(error instanceof Error ? error.message : String(error));
  }
  const { v, rv, start } = (typeof token === "object" && token !== null ? token : {}) as Record<string, unknown>;
  if (v !== "meta.k8s.io/v1")
    throw bad(`server does not recognize this encoded version ${typeof v === "string" ? v : ""}`);
  if (typeof rv !== "number" || !Number.isSafeInteger(rv) || rv === 0 || rv < -1) {
    throw bad("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  }
  if (typeof start !== "string" || start === "") throw bad("encoded start key empty (version meta.k8s.io/v1)");
  return { revision: rv, after: start.replace(/\0$/, "") };
}
