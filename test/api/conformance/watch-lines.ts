import { request } from "node:https";
import type { Fixture } from "../fixture.ts";

export interface WatchLine {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into objects of every shape
  readonly object: any;
}

/** What a watch says until `enough`, or until the server ends it; then it is closed. */
export function watchUntil(
  { port, certificates }: Pick<Fixture, "port" | "certificates">,
  path: string,
  enough: (lines: readonly WatchLine[]) => boolean,
  headers: Readonly<Record<string, string>> = {},
): Promise<WatchLine[]> {
  const { authority, admin } = certificates;
  return new Promise((resolve, reject) => {
    const lines: WatchLine[] = [];
    let rest = "";
    const outgoing = request(
      { host: "127.0.0.1", port, path, headers, ca: authority.cert, ...admin, agent: false },
      (response) => {
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          const parts = (rest + chunk).split("\n");
          rest = parts.pop() ?? "";
          for (const part of parts) lines.push(JSON.parse(part) as WatchLine);
          if (!enough(lines)) return;
          resolve(lines);
          outgoing.destroy();
        });
        response.on("end", () => resolve(lines));
        response.on("error", () => resolve(lines));
      },
    );
    outgoing.on("error", reject);
    outgoing.end();
  });
}
