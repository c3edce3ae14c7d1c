/** The kernel's side of the overlay, through the programs of iproute2. */
import { cidrsOverlap, parseCidr } from "../../../machinery/net/cidr.ts";
import { type Command, runProgram } from "../program.ts";
import { ROUTE_PROTOCOL } from "./plan.ts";
import type { OverlayPlan, OverlayState, Route } from "./types.ts";

export interface OverlayKernel {
  /** `clusterCidr`: routes to other addresses are not looked at. */
  read(device: string, clusterCidr: string): Promise<OverlayState>;
  /** All lines are tried; rejects with what was said of those that failed. */
  apply(plan: OverlayPlan): Promise<void>;
}

export class OverlayError extends Error {
  override name = "OverlayError";
}

interface LinkEntry {
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly linkinfo?: {
    readonly info_data?: { readonly id?: number; readonly port?: number; readonly local?: string };
  };
  readonly addr_info?: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}
interface RouteEntry {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
}
interface NeighbourEntry {
  readonly dst: string;
  readonly lladdr?: string;
}
interface ForwardingEntry {
  readonly mac: string;
  readonly dst?: string;
}

export function createOverlayKernel(ip: Command, bridge: Command): OverlayKernel {
  return {
    async read(device, clusterCidr) {
      const [link] = await list<LinkEntry>(ip, ["-d", "addr", "show", "dev", device]);
      const routes = await list<RouteEntry>(ip, ["-4", "route", "show", "proto", String(ROUTE_PROTOCOL)]);
      const neighbours = link ? await list<NeighbourEntry>(ip, ["-4", "neigh", "show", "dev", device]) : [];
      const entries = link ? await list<ForwardingEntry>(bridge, ["fdb", "show", "dev", device]) : [];
      const data = link?.linkinfo?.info_data;
      return {
        ...(link
          ? {
              device: {
                vxlanId: data?.id ?? 0,
                port: data?.port ?? 0,
                local: data?.local ?? "",
                mac: link.address,
                mtu: link.mtu,
                up: link.flags.includes("UP"),
                addresses: (link.addr_info ?? [])
                  .filter(({ family }) => family === "inet")
                  .map(({ local, prefixlen }) => `${local}/${prefixlen}`),
              },
            }
          : {}),
        routes: ownRoutes(routes, device, clusterCidr),
        neighbours: new Map(neighbours.flatMap(({ dst, lladdr }) => (lladdr ? [[dst, lladdr] as const] : []))),
        forwarding: new Map(entries.flatMap(({ mac, dst }) => (dst ? [[mac, dst] as const] : []))),
      };
    },
    async apply(plan) {
      const said = [await batch(ip, plan.ip), await batch(bridge, plan.bridge)].filter((text) => text !== "");
      if (said.length > 0) throw new OverlayError(said.join("; "));
    },
  };
}

/** Those by other overlay devices are another cluster's, which shares this host. */
function ownRoutes(entries: readonly RouteEntry[], device: string, clusterCidr: string): Route[] {
  const cluster = parseCidr(clusterCidr);
  return entries.flatMap(({ dst, gateway, dev }) => {
    const range = parseCidr(dst.includes("/") ? dst : `${dst}/32`);
    if (!range || !cluster || !cidrsOverlap(range, cluster) || gateway === undefined) return [];
    if (dev !== device && dev?.startsWith("klv-")) return [];
    return [{ to: dst, via: gateway, ...(dev === device ? { device } : {}) }];
  });
}

/** Nothing where there is no such device. */
async function list<T>(command: Command, args: readonly string[]): Promise<T[]> {
  const { code, out, said } = await runProgram(command, ["-j", ...args]);
  if (code !== 0) {
    if (/does not exist|Cannot find device/i.test(said)) return [];
    throw new OverlayError(firstLine(said) || `${command.join(" ")} ${args.join(" ")} ended with code ${code}`);
  }
  // Where there is nothing to list, some versions print nothing at all, and others empty objects.
  const entries = out.trim() === "" ? [] : (JSON.parse(out) as T[]);
  return entries.filter((entry) => Object.keys(entry as object).length > 0);
}

async function batch(command: Command, lines: readonly string[]): Promise<string> {
  if (lines.length === 0) return "";
  const { code, said } = await runProgram(command, ["-force", "-batch", "-"], `${lines.join("\n")}\n`);
  return code === 0 ? "" : firstLine(said);
}

function firstLine(said: string): string {
  return said.trim().split("\n").slice(0, 2).join(": ").slice(0, 300);
}
