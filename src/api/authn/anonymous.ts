/** --anonymous-auth, and the conditions of an AuthenticationConfiguration: nobody's requests, where they are let in at all. */
import type { UserInfo } from "../client/types.ts";
import type { Authenticator } from "./types.ts";

export interface AnonymousOptions {
  readonly enabled: boolean;
  /** Only these paths; absent: all. */
  readonly paths?: readonly string[];
}

const nobody: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** The last to be asked. Tokens that are not good never come so far. */
export function anonymous({ enabled, paths }: AnonymousOptions): Authenticator {
  return {
    authenticate({ url }) {
      if (!enabled) return undefined;
      if (paths === undefined) return nobody;
      const mark = url.indexOf("?");
      return paths.includes(mark < 0 ? url : url.slice(0, mark)) ? nobody : undefined;
    },
  };
}
