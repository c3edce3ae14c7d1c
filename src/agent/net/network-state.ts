/** What the server tells of the network as a whole: what all nodes agree on, and the list of nodes. */
import type { ClusterNetwork, DesiredKind, DesiredStateSink, PeerNode } from "../../../proto/agent.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Peer } from "./overlay/types.ts";

export const networkStateKinds: readonly DesiredKind[] = ["clusternetworks", "peers"];

export class NetworkState implements DesiredStateSink {
  readonly #peers = new Map<string, PeerNode>();
  readonly #changed: () => void;
  #settings: ClusterNetwork["spec"] | undefined;
  /** Names that have not been told again since the last reset. */
  #untold: Set<string> | undefined;
  #synced = false;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Undefined: not told yet. */
  get settings(): ClusterNetwork["spec"] | undefined {
    return this.#settings;
  }

  node(name: string): PeerNode | undefined {
    return this.#peers.get(name);
  }

  /** All nodes that have a range and an address, but for this one. */
  peersOf(nodeName: string): Peer[] {
    return [...this.#peers].flatMap(([name, node]) => {
      const podCidr = podCidrOf(node);
      const address = addressOf(node);
      return name === nodeName || !podCidr || !address ? [] : [{ name, address, podCidr }];
    });
  }

  reset(): void {
    this.#untold = new Set(this.#peers.keys());
  }

  set(kind: DesiredKind, object: KubeObject): void {
    if (kind === "clusternetworks") this.#settings = (object as ClusterNetwork).spec;
    else if (kind === "peers") {
      const { name = "" } = object.metadata;
      this.#untold?.delete(name);
      this.#peers.set(name, object as PeerNode);
    }
    if (this.#synced) this.#changed();
  }

  remove(kind: DesiredKind, { name }: { readonly name: string }): void {
    if (kind !== "peers" || !this.#peers.delete(name)) return;
    if (this.#synced) this.#changed();
  }

  synced(): void {
    for (const name of this.#untold ?? []) this.#peers.delete(name);
    this.#untold = undefined;
    this.#synced = true;
    this.#changed();
  }
}

/** The IPv4 one. */
export function podCidrOf({ spec }: PeerNode): string | undefined {
  return (spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : [])).find((range) => !range.includes(":"));
}

function addressOf({ status }: PeerNode): string | undefined {
  return status?.addresses?.find(({ type, address }) => type === "InternalIP" && !address.includes(":"))?.address;
}
