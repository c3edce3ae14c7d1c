/**
 * The network of one node: its pods' bridge, the ways to other nodes' pods, Services and DNS. All that it needs to know of
 * the cluster comes from the server; until that has told of the node's own range of addresses, pods wait.
 */
import type { DesiredKind, DesiredStateSink } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { Forwarder } from "../dns/forwarder.ts";
import { UpstreamServers } from "../dns/upstream.ts";
import type { PodNetwork, PodNetworkWish, Runtime } from "../runtime/types.ts";
import type { ClusterDns } from "../sandbox/dns.ts";
import { type Attachment, attach } from "./attachment.ts";
import { clusterDnsAddress } from "./cluster-addresses.ts";
import { type HostNetworking, hostNetworking } from "./host-networking.ts";
import { NetworkState, networkStateKinds, podCidrOf } from "./network-state.ts";
import { Overlay } from "./overlay/overlay.ts";
import { VXLAN_OVERHEAD, VXLAN_PORT } from "./overlay/plan.ts";
import { PolicyEnforcer } from "./policy/policy-enforcer.ts";
import { overlayDevice } from "./removal.ts";
import { directoryKinds, ServiceDirectory } from "./service-directory.ts";
import { underlayMtu } from "./underlay.ts";

export { removeNodeNetwork } from "./removal.ts";

export interface NetworkOptions {
  /**
   * Where this node reaches the API server: what its pods reach as the Service default/kubernetes. A wildcard address: it
   * listens on all addresses of this machine. Absent: the EndpointSlices of that Service say.
   */
  readonly apiServer?: { readonly address: string; readonly port: number };
}

export interface NetworkContext extends NetworkOptions {
  readonly nodeName: string;
  /** Of this node, as other nodes reach it. */
  readonly nodeAddress: string;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface NodeNetwork {
  /** To be subscribed to the server, each for its kinds. */
  readonly subscriptions: readonly { readonly sink: DesiredStateSink; readonly kinds: readonly DesiredKind[] }[];
  /** Undefined where pods cannot reach it; they then ask whom the host asks. */
  clusterDns(): ClusterDns | undefined;
  clusterDomain(): string;
  /** Puts the NetworkPolicies' rules for a pod in force; absent where this host cannot. */
  readonly isolate?: PolicyEnforcer["isolate"];
  /** Resolves when pods can be given addresses; rejects with NetworkNotReadyError when that takes too long: ask again. */
  ready(): Promise<void>;
  /** The rules and routes stay: Services work on while the agent is away; only DNS is not answered. */
  stop(): Promise<void>;
}

/** In the kubelet's words. */
export class NetworkNotReadyError extends Error {
  override name = "NetworkNotReadyError";
  constructor(why: string) {
    super(
      `network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:${why}`,
    );
  }
}

const FIRST_RETRY = 500;
const LAST_RETRY = 10_000;
const PATIENCE = 10_000;
const CHECK_INTERVAL = 60_000;

/**
 * Undefined where the runtime's pods have no network. What this host cannot do (not Linux, no nft, not allowed to use it)
 * is told by lines in the log, and pods run without. Does not wait for the container engine.
 */
export async function startNodeNetwork(context: NetworkContext): Promise<NodeNetwork | undefined> {
  if (!context.runtime.configurePodNetwork) return undefined;
  return new Network(context, await hostNetworking(context.log));
}

class Network implements NodeNetwork {
  readonly subscriptions;
  readonly isolate?: PolicyEnforcer["isolate"];
  readonly #context: NetworkContext;
  readonly #policies: PolicyEnforcer | undefined;
  readonly #host: HostNetworking;
  readonly #directory = new ServiceDirectory();
  readonly #state: NetworkState;
  readonly #forwarder: Forwarder;
  readonly #overlay: Overlay | undefined;
  readonly #waiting = new Set<() => void>();
  #podNetwork: PodNetwork | undefined;
  /** What the bridge was made by. */
  #made: string | undefined;
  #attachment: Attachment | undefined;
  #withoutDns = false;
  #isReady = false;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #retry = FIRST_RETRY;
  #cancelNext: () => void = () => undefined;
  #problem = "the node has no range of addresses for its pods yet";

  constructor(context: NetworkContext, host: HostNetworking) {
    this.#context = context;
    this.#host = host;
    this.#withoutDns = host.nft === undefined;
    const { clock, log, nodeName } = context;
    const policies = host.nft && new PolicyEnforcer({ nodeName, nft: host.nft, clock, log });
    this.#policies = policies;
    if (policies) this.isolate = (pod, ips) => policies.isolate(pod, ips);
    this.#state = new NetworkState(() => this.#look());
    const upstream = new UpstreamServers("/etc/resolv.conf", clock, (address) => this.#isOwn(address));
    this.#forwarder = new Forwarder({ servers: () => upstream.servers(), clock, log });
    this.#overlay = host.overlay && new Overlay({ kernel: host.overlay, clock, log });
    this.subscriptions = [
      { sink: this.#state, kinds: networkStateKinds },
      { sink: this.#directory, kinds: directoryKinds },
      ...(policies ? [{ sink: policies.sink, kinds: policies.kinds }] : []),
    ];
  }

  clusterDns(): ClusterDns | undefined {
    const { settings } = this.#state;
    if (this.#withoutDns || !settings) return undefined;
    return { servers: [clusterDnsAddress(settings.serviceCIDR)], domain: settings.clusterDomain };
  }

  clusterDomain(): string {
    return this.#state.settings?.clusterDomain ?? "cluster.local";
  }

  ready(): Promise<void> {
    if (this.#isReady) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const done = (): void => {
        cancel();
        this.#waiting.delete(done);
        resolve();
      };
      const cancel = this.#context.clock.after(PATIENCE, () => {
        this.#waiting.delete(done);
        reject(new NetworkNotReadyError(this.#problem));
      });
      this.#waiting.add(done);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelNext();
    await this.#running;
    this.#forwarder.close();
    await Promise.all([this.#attachment?.close(), this.#policies?.stop(), this.#overlay?.stop()]);
  }

  #isOwn(address: string): boolean {
    const { settings } = this.#state;
    return (
      address === this.#podNetwork?.gateway || (settings ? address === clusterDnsAddress(settings.serviceCIDR) : false)
    );
  }

  #look(): void {
    if (this.#stopped) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#cancelNext();
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#context;
    let wait = CHECK_INTERVAL;
    do {
      this.#again = false;
      try {
        await this.#bringUp();
        this.#retry = FIRST_RETRY;
        wait = CHECK_INTERVAL;
      } catch (error) {
        if (this.#stopped) return;
        this.#problem = (error as Error).message;
        log.debug({ err: error, retryIn: this.#retry }, "the node's network is not as it should be yet");
        wait = this.#retry;
        this.#retry = Math.min(LAST_RETRY, this.#retry * 2);
      }
    } while (this.#again && !this.#stopped);
    if (!this.#stopped) this.#cancelNext = clock.after(wait, () => this.#look());
  }

  async #bringUp(): Promise<void> {
    const { nodeName } = this.#context;
    const { settings } = this.#state;
    const own = this.#state.node(nodeName);
    const podCidr = own && podCidrOf(own);
    if (!settings || !podCidr) return;
    const wire = await underlayMtu(this.#context.nodeAddress);
    const overhead = settings.overlay === "vxlan" ? VXLAN_OVERHEAD : 0;
    const mtu = wire === undefined ? undefined : wire - overhead;
    await this.#makeBridge({
      subnet: podCidr,
      ...(mtu === undefined ? {} : { mtu }),
      masquerade: this.#host.nft === undefined,
    });
    this.#becomeReady();
    await this.#openFirewall();
    if (!this.#podNetwork || this.#podNetwork.subnet !== podCidr) return;
    await this.#overlay?.set({
      kind: settings.overlay,
      device: overlayDevice(this.#podNetwork.interface),
      vxlanId: settings.vxlanID,
      clusterCidr: settings.clusterCIDR,
      address: this.#context.nodeAddress,
      podCidr,
      mtu: mtu ?? 1500 - overhead,
      peers: this.#state.peersOf(nodeName),
    });
  }

  async #makeBridge(wish: PodNetworkWish): Promise<void> {
    const { runtime, nodeName, apiServer, clock, log } = this.#context;
    const { nft, conntrack } = this.#host;
    const { settings } = this.#state;
    const zone = this.#state.node(nodeName)?.metadata.labels?.["topology.kubernetes.io/zone"];
    const wanted = JSON.stringify([wish, settings, zone]);
    if (wanted === this.#made || !settings) return;
    await this.#attachment?.close();
    this.#attachment = undefined;
    const network = await runtime.configurePodNetwork?.(wish);
    if (!network || this.#stopped) return;
    this.#podNetwork = network;
    if (nft) {
      this.#attachment = await attach({
        network,
        settings,
        directory: this.#directory,
        forwarder: this.#forwarder,
        nft,
        nodeName,
        ...(zone === undefined ? {} : { zone }),
        conntrack,
        ...(apiServer ? { apiServer } : {}),
        clock,
        log,
      });
      this.#withoutDns = this.#attachment === undefined;
      if (this.#attachment) this.#policies?.start(network.interface, this.#attachment.bridgeFiltered);
      else {
        this.#policies?.giveUp();
        log.warn(
          { interface: network.interface },
          "the pods' bridge is not an interface of this machine: Services and cluster DNS do not work (port-forward does)",
        );
      }
    }
    this.#made = wanted;
  }

  #becomeReady(): void {
    this.#isReady = true;
    for (const done of [...this.#waiting]) done();
  }

  async #openFirewall(): Promise<void> {
    const { settings } = this.#state;
    const network = this.#podNetwork;
    if (!network || !settings || !this.#attachment || !this.#host.firewall) return;
    const { apiServer } = this.#context;
    try {
      await this.#host.firewall.allow({
        bridge: network.interface,
        clusterCidr: settings.clusterCIDR,
        ...(settings.overlay === "vxlan" ? { overlayPort: VXLAN_PORT } : {}),
        answers: [this.#attachment.dnsPort, ...(apiServer ? [apiServer.port] : [])].map((port) => ({
          address: network.gateway,
          port,
        })),
      });
    } catch (error) {
      this.#context.log.warn({ err: error }, "the host's firewall may keep traffic from pods");
    }
  }
}
