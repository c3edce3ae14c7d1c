/** How pods of other nodes are reached from this host. */

export interface Peer {
  readonly name: string;
  /** Of the node: "192.0.2.7". */
  readonly address: string;
  /** Of its pods: "10.42.3.0/24". */
  readonly podCidr: string;
}

export interface OverlayWish {
  readonly kind: "vxlan" | "host-routes";
  /** The interface that leads to other nodes' pods: "klv-0123456789". */
  readonly device: string;
  readonly vxlanId: number;
  readonly clusterCidr: string;
  /** Of this node. */
  readonly address: string;
  readonly podCidr: string;
  /** Of the device: what the wire takes, less what VXLAN adds. */
  readonly mtu: number;
  readonly peers: readonly Peer[];
}

export interface Route {
  readonly to: string;
  readonly via: string;
  /** Absent: the kernel finds the way to `via`. */
  readonly device?: string;
}

/** What the kernel has of ours. */
export interface OverlayState {
  readonly device?: {
    readonly vxlanId: number;
    readonly port: number;
    readonly local: string;
    readonly mac: string;
    readonly mtu: number;
    readonly up: boolean;
    readonly addresses: readonly string[];
  };
  readonly routes: readonly Route[];
  /** MAC by address. */
  readonly neighbours: ReadonlyMap<string, string>;
  /** Address of the host by MAC. */
  readonly forwarding: ReadonlyMap<string, string>;
}

/** Lines for `ip -batch` and, after these, for `bridge -batch`. */
export interface OverlayPlan {
  readonly ip: readonly string[];
  readonly bridge: readonly string[];
}
