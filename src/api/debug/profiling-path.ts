/** /debug/pprof, for who may get that path: a CPU profile and a snapshot of the heap, in the forms that V8's tools read. */
import { badRequest } from "../../machinery/status/errors.ts";
import type { Exchange } from "../http/exchange.ts";
import type { PathHandler } from "../http/handler.ts";
import { respondText } from "../http/response.ts";
import { methodNotAllowed } from "../http/rest.ts";

const root = "/debug/pprof";
const defaultSeconds = 30;
const mostSeconds = 300;
const index = `${root}/

profile?seconds=30   CPU profile (.cpuprofile: the DevTools of Chrome or VS Code open it)
heap                 snapshot of the heap (.heapsnapshot); everything stands still while it is taken
`;

export function profilingPath(): PathHandler {
  return {
    open: false,
    async handle(path, exchange, query) {
      if (path !== root && !path.startsWith(`${root}/`)) return false;
      if (exchange.method !== "GET") throw methodNotAllowed();
      switch (path.slice(root.length + 1)) {
        case "":
          respondText(exchange, 200, index);
          return true;
        case "profile":
          await profile(exchange, secondsOf(query));
          return true;
        case "heap":
          await heap(exchange);
          return true;
        default:
          return false;
      }
    },
  };
}

function secondsOf(query: URLSearchParams | undefined): number {
  const text = query?.get("seconds") ?? String(defaultSeconds);
  const seconds = Number(text);
  if (seconds > 0 && seconds <= mostSeconds) return seconds;
  throw badRequest(`seconds must be more than 0 and at most ${mostSeconds}, not "${text}"`);
}

async function profile(exchange: Exchange, seconds: number): Promise<void> {
  const { cpuProfile } = await import("./inspector.ts");
  const text = await cpuProfile(seconds, (stop) => exchange.onClose(stop));
  exchange.respond(200, attachment("application/json", "kl.cpuprofile"), text);
}

async function heap(exchange: Exchange): Promise<void> {
  const { heapSnapshot } = await import("./inspector.ts");
  const out = exchange.open(200, attachment("application/octet-stream", "kl.heapsnapshot"));
  await heapSnapshot((chunk) => out.write(chunk));
  out.end();
}

function attachment(type: string, name: string): Record<string, string> {
  return { "content-type": type, "content-disposition": `attachment; filename="${name}"` };
}
