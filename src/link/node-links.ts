/** The server's side of proto/agent.ts for agents in this process: direct calls, under each node's own identity. */
import type { ClusterNetwork, ServerLink } from "../../proto/agent.ts";
import type { Client, InformerFactory } from "../api/client/types.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { StatusError } from "../machinery/status/error.ts";
import type { Pod } from "../machinery/types/core/v1.ts";
import { DesiredState } from "./desired-state.ts";
import { writeEvents } from "./node-events.ts";
import { NodeLease } from "./node-lease.ts";
import { registerNode, writeNodeStatus } from "./node-registration.ts";
import { writePodStatus } from "./pod-status.ts";
import * as resources from "./resources.ts";
import { requestToken } from "./service-account-token.ts";
import type { NodeLinks } from "./types.ts";

export interface NodeLinksOptions {
  /** Any identity: each node's calls are made as system:node:NAME. */
  readonly client: Client;
  /** Shared by all nodes; not started yet, since an index is added. */
  readonly informers: InformerFactory;
  /** What nodes are told of the network; absent: nothing. */
  readonly network?: ClusterNetwork;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createNodeLinks({ client, informers, network, clock, log }: NodeLinksOptions): NodeLinks {
  const desired = new DesiredState(informers, network);
  return {
    connect(nodeName): ServerLink {
      const own = client.as({
        name: `system:node:${nodeName}`,
        groups: ["system:nodes", "system:authenticated"],
      });
      const lease = new NodeLease(own, desired.nodes.lister, nodeName, clock);
      const nodeLog = log.child({ node: nodeName });
      return {
        register: (node) => registerNode(own, node),
        updateNodeStatus: (status) => writeNodeStatus(own, desired.nodes.lister, nodeName, status),
        renewLease: (durationSeconds) => lease.renew(durationSeconds),
        reportPodStatuses: (reports) =>
          Promise.all(reports.map((report) => writePodStatus(own, desired.pods.lister, report))),
        confirmPodStopped: ({ namespace, name, uid }) => removePod(own, namespace, name, uid),
        requestToken: (pod, request) => requestToken(own, pod, request),
        recordEvents: (events) => writeEvents(own, events, nodeLog),
        subscribe: (sink, kinds) => desired.subscribe(nodeName, sink, kinds),
      };
    },
  };
}

/** Gone already, or another pod of that name: both mean that there is nothing left to do. */
async function removePod(client: Client, namespace: string, name: string, uid: string): Promise<void> {
  try {
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    await client.resource<Pod>(resources.pods, namespace).delete(name, options);
  } catch (error) {
    if (!(error instanceof StatusError) || (error.code !== 404 && error.code !== 409)) throw error;
  }
}
