import type { Client, Lister } from "../api/client/types.ts";
import type { Clock } from "../machinery/clock.ts";
import { StatusError } from "../machinery/status/error.ts";
import type { Lease } from "../machinery/types/coordination/v1.ts";
import type { Node } from "../machinery/types/core/v1.ts";
import * as resources from "./resources.ts";

const namespace = "kube-node-lease";

/** The node's heartbeat: https://kubernetes.io/docs/concepts/architecture/leases/#node-heart-beats */
export class NodeLease {
  readonly #client: Client;
  readonly #nodes: Lister<Node>;
  readonly #name: string;
  readonly #clock: Clock;
  /** What was written last: the usual renewal is one write and no read. */
  #last: Lease | undefined;

  constructor(client: Client, nodes: Lister<Node>, name: string, clock: Clock) {
    this.#client = client;
    this.#nodes = nodes;
    this.#name = name;
    this.#clock = clock;
  }

  async renew(durationSeconds: number): Promise<void> {
    const leases = this.#client.resource<Lease>(resources.leases, namespace);
    for (let tries = 0; ; tries++) {
      try {
        this.#last ??= await this.#find();
        this.#last = this.#last
          ? await leases.update(this.#renewed(this.#last, durationSeconds))
          : await leases.create(this.#renewed({ metadata: { name: this.#name, namespace } }, durationSeconds));
        return;
      } catch (error) {
        this.#last = undefined;
        const again = error instanceof StatusError && (error.code === 409 || error.code === 404);
        if (!again || tries >= 3) throw error;
      }
    }
  }

  async #find(): Promise<Lease | undefined> {
    try {
      return await this.#client.resource<Lease>(resources.leases, namespace).get(this.#name);
    } catch (error) {
      if (error instanceof StatusError && error.code === 404) return undefined;
      throw error;
    }
  }

  #renewed(lease: Lease, leaseDurationSeconds: number): Lease {
    const uid = this.#nodes.get(this.#name)?.metadata.uid;
    const owner = { apiVersion: "v1", kind: "Node", name: this.#name, uid: uid ?? "" };
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { ...lease.metadata, ...(uid ? { ownerReferences: [owner] } : {}) },
      spec: {
        ...lease.spec,
        holderIdentity: this.#name,
        leaseDurationSeconds,
        renewTime: new Date(this.#clock.now()).toISOString().replace("Z", "000Z"),
      },
    };
  }
}
