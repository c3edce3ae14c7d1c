/** /healthz, /livez and /readyz, whole, verbose and check by check, and /version. Open to everybody. */
import type { Exchange } from "./exchange.ts";
import type { PathHandler } from "./handler.ts";
import { newHeaders, respondText } from "./response.ts";

/** undefined: good; otherwise why not. */
export type Check = () => string | undefined;

export interface HealthChecks {
  readonly livez: Readonly<Record<string, Check>>;
  readonly readyz: Readonly<Record<string, Check>>;
}

export function healthPaths({ livez, readyz }: HealthChecks): PathHandler {
  const roots: Readonly<Record<string, Readonly<Record<string, Check>>>> = { healthz: livez, livez, readyz };
  return {
    open: true,
    listed: () =>
      Object.entries(roots).flatMap(([root, checks]) => [
        `/${root}`,
        ...Object.keys(checks).map((name) => `/${root}/${name}`),
      ]),
    handle(path, exchange, query) {
      const [, root = "", name, more] = path.split("/");
      const checks = Object.hasOwn(roots, root) ? roots[root] : undefined;
      if (checks === undefined || more !== undefined) return false;
      if (name) return one(exchange, root, name, checks);
      all(exchange, root, checks, query);
      return true;
    },
  };
}

function one(exchange: Exchange, root: string, name: string, checks: Readonly<Record<string, Check>>): boolean {
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
  if (check === undefined) return false;
  const why = check();
  if (why === undefined) respondText(exchange, 200, "ok");
  else respondText(exchange, 500, `internal server error: ${root}/${name}: ${why}\n`);
  return true;
}

function all(
  exchange: Exchange,
  root: string,
  checks: Readonly<Record<string, Check>>,
  query: URLSearchParams | undefined,
): void {
  const excluded = new Set(query?.getAll("exclude"));
  let lines = "";
  let failed = false;
  for (const name in checks) {
    if (excluded.has(name)) {
      lines += `[+]${name} excluded: ok\n`;
      continue;
    }
    const why = checks[name]?.();
    if (why === undefined) lines += `[+]${name} ok\n`;
    else {
      failed = true;
      lines += `[-]${name} failed: ${why}\n`;
    }
  }
  if (failed) respondText(exchange, 500, `${lines}${root} check failed\n`);
  else if (query?.has("verbose")) respondText(exchange, 200, `${lines}${root} check passed\n`);
  else respondText(exchange, 200, "ok");
}

export function versionPath(version: object): PathHandler {
  const text = JSON.stringify(version, undefined, 2);
  return {
    open: true,
    listed: () => ["/version"],
    handle(path, exchange) {
      if (path !== "/version" && path !== "/version/") return false;
      exchange.respond(200, newHeaders("application/json"), text);
      return true;
    },
  };
}
