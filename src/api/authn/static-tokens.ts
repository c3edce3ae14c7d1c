/** --token-auth-file: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#static-token-file */
import { createHash } from "node:crypto";
import type { UserInfo } from "../client/types.ts";
import type { TokenAuthenticator } from "./bearer-tokens.ts";

/** Lines of `token,user,uid,"group1,group2"`. Throws an Error that names the line which is wrong. */
export function parseTokenFile(text: string): ReadonlyMap<string, UserInfo> {
  const users = new Map<string, UserInfo>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const fields = csvFields(line);
    const [token = "", name = "", uid = "", groups = ""] = fields ?? [];
    if (fields === undefined || fields.length < 3) {
      throw new Error(
        `line ${i + 1}: expected at least 3 columns (token, user name, user uid), found ${fields?.length ?? 0}`,
      );
    }
    // A token that is nothing would let in whoever sends none.
    if (token === "") throw new Error(`line ${i + 1}: the token is empty`);
    const own = groups.split(",").map((group) => group.trim());
    const all = [...own.filter((group) => group !== ""), "system:authenticated"];
    users.set(digest(token), { name, uid, groups: [...new Set(all)] });
  }
  return users;
}

/** `users` as parseTokenFile() gave it. */
export function staticTokens(users: ReadonlyMap<string, UserInfo>): TokenAuthenticator {
  return {
    review(token) {
      const user = users.get(digest(token));
      return user && { user };
    },
  };
}

/** Tokens are looked up by their digest, so that the time it takes tells nothing of them. */
function digest(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}

/** RFC 4180, one line. undefined: a quote that does not end. */
function csvFields(line: string): string[] | undefined {
  const fields: string[] = [];
  let rest = line;
  for (;;) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*(,|$)/.exec(rest);
    const plain = quoted ?? /^([^",]*)(,|$)/.exec(rest);
    if (plain === null) return undefined;
    const text = plain[1] ?? "";
    fields.push(quoted ? text.replaceAll('""', '"') : text.trim());
    if (plain[2] === "") return fields;
    rest = rest.slice(plain[0].length);
  }
}
