/** Services and DNS of one node: what the cluster's Services are to its pods and to the host itself. */
import type { DesiredKind } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { Service } from "../../machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../machinery/types/discovery/v1.ts";
import { inRange } from "../dns/addresses.ts";
import { ClusterZone } from "../dns/cluster-zone.ts";
import { Forwarder } from "../dns/forwarder.ts";
import { DnsServer } from "../dns/server.ts";
import { UpstreamServers } from "../dns/upstream.ts";
import type { PodNetwork, Runtime } from "../runtime/types.ts";
import type { ClusterDns } from "../sandbox/dns.ts";
import { clusterDnsAddress } from "./cluster-addresses.ts";
import { createNft, findProgram, type Nft } from "./nft.ts";
import { type BridgeAbilities, PodBridge } from "./pod-bridge.ts";
import { PolicyEnforcer } from "./policy/policy-enforcer.ts";
import { removalText as policyRemovalText, policyTableName } from "./policy/policy-table.ts";
import { directoryKinds, ServiceDirectory } from "./service-directory.ts";
import { ServiceProxy } from "./service-proxy.ts";
import { removalText } from "./table.ts";

export interface NetworkOptions {
  /** "10.43.0.0/16" */
  readonly serviceCidr: string;
  /** "cluster.local" */
  readonly clusterDomain: string;
  /**
   * Where this node reaches the API server: what its pods reach as the Service default/kubernetes. A wildcard address: it
   * listens on all addresses of this machine. Absent: the EndpointSlices of that Service say.
   */
  readonly apiServer?: { readonly address: string; readonly port: number };
}

export interface NetworkContext extends NetworkOptions {
  readonly nodeName: string;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface NodeNetwork {
  /** To be subscribed to the server for these kinds. */
  readonly directory: ServiceDirectory;
  readonly kinds: readonly DesiredKind[];
  /** NetworkPolicies of this node's pods; a subscription of its own. */
  readonly policies: PolicyEnforcer;
  /** Undefined where pods cannot reach it; they then ask whom the host asks. */
  clusterDns(): ClusterDns | undefined;
  /** The rules stay: Services work on while the agent is away; only DNS is not answered. */
  stop(): Promise<void>;
}

const FIRST_RETRY = 500;
const LAST_RETRY = 10_000;
const dnsKey = "kube-system/kube-dns";
const apiServerKey = "default/kubernetes";

/**
 * Undefined where this host cannot do it (not Linux, no nft, not allowed to use it): a line in the log says so, and pods
 * run without. Does not wait for the container engine.
 */
export async function startNodeNetwork(context: NetworkContext): Promise<NodeNetwork | undefined> {
  const nft = await usableNft(context);
  return nft && context.runtime.podNetwork ? new Network(context, nft) : undefined;
}

/** Takes all rules of a node out of the kernel. `podInterface`: the name of its pods' bridge, which is the table's too. */
export async function removeNodeNetwork(podInterface: string): Promise<void> {
  const program = findProgram("nft");
  if (!program) return;
  const services = removalText({ family: "ip", name: podInterface });
  await createNft([program]).apply(`${services}${policyRemovalText({ name: policyTableName(podInterface) })}`);
}

async function usableNft({ log }: NetworkContext): Promise<Nft | undefined> {
  const without = "Services and cluster DNS do not work on this node (port-forward does)";
  const program = process.platform === "linux" ? findProgram("nft") : undefined;
  if (!program) {
    log.info({}, `no nftables here: ${without}`);
    return undefined;
  }
  const nft = createNft([program]);
  try {
    await nft.check();
    return nft;
  } catch (error) {
    log.info({ err: error }, `nftables cannot be used: ${without}`);
    return undefined;
  }
}

class Network implements NodeNetwork {
  readonly directory = new ServiceDirectory();
  readonly kinds = directoryKinds;
  readonly policies: PolicyEnforcer;
  readonly #context: NetworkContext;
  readonly #nft: Nft;
  readonly #dnsAddress: string;
  readonly #forwarder: Forwarder;
  #podNetwork: PodNetwork | undefined;
  #dns: DnsServer | undefined;
  #proxy: ServiceProxy | undefined;
  #off = false;
  #stopped = false;
  #cancelRetry: () => void = () => undefined;
  /** Absent until the container engine has told of the pods' network; it may never. */
  #begun: Promise<void> | undefined;

  constructor(context: NetworkContext, nft: Nft) {
    this.#context = context;
    this.#nft = nft;
    this.#dnsAddress = clusterDnsAddress(context.serviceCidr);
    const { clock, log, nodeName } = context;
    this.policies = new PolicyEnforcer({ nodeName, nft, clock, log });
    const isOwn = (address: string) => address === this.#dnsAddress || address === this.#podNetwork?.gateway;
    const upstream = new UpstreamServers("/etc/resolv.conf", clock, isOwn);
    this.#forwarder = new Forwarder({ servers: () => upstream.servers(), clock, log });
    void this.#bringUp(FIRST_RETRY);
  }

  clusterDns(): ClusterDns | undefined {
    return this.#off ? undefined : { servers: [this.#dnsAddress], domain: this.#context.clusterDomain };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelRetry();
    // Its failure is told, and tried again, where it was begun.
    await this.#begun?.catch(() => undefined);
    this.#forwarder.close();
    await Promise.all([this.#proxy?.stop(), this.policies.stop(), this.#dns?.close()]);
  }

  async #bringUp(retryIn: number): Promise<void> {
    const { runtime, clock, log } = this.#context;
    try {
      const network = await runtime.podNetwork?.();
      if (!network || this.#stopped) return;
      this.#begun = this.#begin(network);
      await this.#begun;
    } catch (error) {
      if (this.#stopped) return;
      log.debug({ err: error, retryIn }, "the pods' network is not there yet");
      this.#cancelRetry = clock.after(retryIn, () => {
        void this.#bringUp(Math.min(LAST_RETRY, retryIn * 2));
      });
    }
  }

  async #begin(network: PodNetwork): Promise<void> {
    const { clock, log, nodeName } = this.#context;
    this.#podNetwork = network;
    const bridge = new PodBridge(network.interface, log);
    const abilities = await bridge.prepare();
    if (!abilities) {
      this.#off = true;
      this.policies.giveUp();
      log.warn(
        { interface: network.interface },
        "the pods' bridge is not an interface of this machine: Services and cluster DNS do not work (port-forward does)",
      );
      return;
    }
    this.policies.start(network.interface);
    const dnsPort = await this.#startDns(network);
    this.directory.setBuiltin(dnsKey, dnsService(this.#dnsAddress, network.gateway, dnsPort));
    this.#findApiServer(network, abilities);
    this.#proxy = new ServiceProxy({
      directory: this.directory,
      nft: this.#nft,
      table: { family: "ip", name: network.interface, podInterface: network.interface, ...abilities },
      nodeName,
      beforeSync: () => bridge.allowHairpin(),
      clock,
      log,
    });
    this.#proxy.start();
  }

  async #startDns({ gateway, subnet, interface: name }: PodNetwork): Promise<number> {
    const { clusterDomain, serviceCidr, log } = this.#context;
    const zone = new ClusterZone({
      directory: this.directory,
      domain: clusterDomain,
      address: this.#dnsAddress,
      isClusterAddress: (address) => inRange(address, serviceCidr) || inRange(address, subnet),
    });
    this.#dns = new DnsServer({ zone, forwarder: this.#forwarder, log });
    return this.#dns.listen(gateway, usualPort(name));
  }

  #findApiServer({ gateway }: PodNetwork, { routesLoopback }: BridgeAbilities): void {
    const { apiServer, log } = this.#context;
    if (!apiServer) return;
    const wildcard = apiServer.address === "0.0.0.0" || apiServer.address === "::";
    const address = wildcard ? gateway : apiServer.address;
    if (address.startsWith("127.") && !routesLoopback) {
      log.warn(
        {},
        "pods cannot reach the API server: it listens on the loopback only (--bind-address=0.0.0.0 cures it)",
      );
    }
    this.directory.setBuiltin(apiServerKey, { slices: [slice([address], [{ name: "https", port: apiServer.port }])] });
  }
}

/** The same after each start, so that clients which ask from one socket for ever find it again; below the node ports. */
function usualPort(name: string): number {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.charCodeAt(0)) % 10_000;
  return 20_000 + hash;
}

function dnsService(clusterIP: string, address: string, port: number): { service: Service; slices: EndpointSlice[] } {
  const ports = [
    { name: "dns", protocol: "UDP", port: 53 },
    { name: "dns-tcp", protocol: "TCP", port: 53 },
  ];
  const service: Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "kube-system", name: "kube-dns" },
    spec: { type: "ClusterIP", clusterIP, clusterIPs: [clusterIP], ports },
  };
  const slices = [
    slice(
      [address],
      ports.map((one) => ({ ...one, port })),
    ),
  ];
  return { service, slices };
}

function slice(
  addresses: string[],
  ports: { readonly name: string; readonly protocol?: string; readonly port: number }[],
): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {},
    addressType: "IPv4",
    endpoints: [{ addresses, conditions: { ready: true } }],
    ports: ports.map(({ protocol = "TCP", ...port }) => ({ ...port, protocol })),
  };
}
