/** Services and DNS on one bridge of pods: as long as the bridge has these addresses. */
import type { ClusterNetwork } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { inRange } from "../dns/addresses.ts";
import { ClusterZone } from "../dns/cluster-zone.ts";
import type { Forwarder } from "../dns/forwarder.ts";
import { DnsServer } from "../dns/server.ts";
import type { PodNetwork } from "../runtime/types.ts";
import { apiServerKey, apiServerService, dnsKey, dnsService } from "./builtin-services.ts";
import { clusterDnsAddress } from "./cluster-addresses.ts";
import type { Conntrack } from "./conntrack.ts";
import { HealthChecks } from "./health-check.ts";
import type { Nft } from "./nft.ts";
import { type BridgeAbilities, PodBridge } from "./pod-bridge.ts";
import type { ServiceDirectory } from "./service-directory.ts";
import { ServiceProxy } from "./service-proxy.ts";

export interface AttachmentOptions {
  readonly network: PodNetwork;
  readonly settings: ClusterNetwork["spec"];
  readonly directory: ServiceDirectory;
  readonly forwarder: Forwarder;
  readonly nft: Nft;
  readonly nodeName: string;
  /** The node's topology.kubernetes.io/zone. */
  readonly zone?: string;
  readonly conntrack: Conntrack;
  readonly apiServer?: { readonly address: string; readonly port: number };
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Attachment {
  /** Of the pods' bridge: whether the kernel shows its packets to the rules. */
  readonly bridgeFiltered: boolean;
  /** Where on the gateway's address the DNS answers. */
  readonly dnsPort: number;
  /** The rules stay: Services work on while the agent is away; only DNS is not answered. */
  close(): Promise<void>;
}

/** Undefined where the bridge is no interface of this machine: the engine runs somewhere else. */
export async function attach(options: AttachmentOptions): Promise<Attachment | undefined> {
  const { network, settings, directory, nft, nodeName, zone, conntrack, clock, log } = options;
  const bridge = new PodBridge(network.interface, log);
  const abilities = await bridge.prepare();
  if (!abilities) return undefined;
  const dns = dnsServer(options);
  const dnsPort = await dns.listen(network.gateway, usualPort(network.interface));
  directory.setBuiltin(dnsKey, dnsService(clusterDnsAddress(settings.serviceCIDR), network.gateway, dnsPort));
  findApiServer(options, abilities);
  const proxy = new ServiceProxy({
    directory,
    nft,
    table: {
      family: "ip",
      name: network.interface,
      podInterface: network.interface,
      podCidr: network.subnet,
      clusterCidr: settings.clusterCIDR,
      ...abilities,
    },
    nodeName,
    ...(zone === undefined ? {} : { zone }),
    conntrack,
    beforeSync: () => bridge.allowHairpin(),
    clock,
    log,
  });
  proxy.start();
  const healthChecks = new HealthChecks({ directory, nodeName, clock, log });
  return {
    bridgeFiltered: abilities.bridgeFiltered,
    dnsPort,
    async close() {
      healthChecks.stop();
      await Promise.all([proxy.stop(), dns.close()]);
    },
  };
}

function dnsServer({ directory, settings, network, forwarder, log }: AttachmentOptions): DnsServer {
  const own = [settings.serviceCIDR, settings.clusterCIDR, network.subnet];
  const zone = new ClusterZone({
    directory,
    domain: settings.clusterDomain,
    address: clusterDnsAddress(settings.serviceCIDR),
    isClusterAddress: (address) => own.some((range) => inRange(address, range)),
  });
  return new DnsServer({ zone, forwarder, log });
}

/** Where the server is on this machine, its pods go the short way; a wildcard address is the bridge's own for them. */
function findApiServer(
  { apiServer, network, directory, log }: AttachmentOptions,
  { routesLoopback }: BridgeAbilities,
): void {
  if (!apiServer) return;
  const wildcard = apiServer.address === "0.0.0.0" || apiServer.address === "::";
  const address = wildcard ? network.gateway : apiServer.address;
  if (address.startsWith("127.") && !routesLoopback) {
    log.warn({}, "pods cannot reach the API server: it listens on the loopback only (--bind-address=0.0.0.0 cures it)");
  }
  directory.setBuiltin(apiServerKey, apiServerService(address, apiServer.port));
}

/** The same after each start, so that clients which ask from one socket for ever find it again; below the node ports. */
function usualPort(name: string): number {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.charCodeAt(0)) % 10_000;
  return 20_000 + hash;
}
