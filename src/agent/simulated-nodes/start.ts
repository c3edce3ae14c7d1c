/**
 * Thousands of nodes in one process: each registers, keeps its lease and says of its pods that they run. There are no pod
 * workers, volumes, probes or containers: for testing schedulers, controllers and load, not applications.
 */
import { Readable } from "node:stream";
import { type AgentLink, LinkError, type ServerLink } from "../../../proto/agent.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import { maxSimulatedNodes } from "../runtime/simulated/addresses.ts";
import { SimulatedNode } from "./node.ts";

export interface SimulatedNodesOptions {
  readonly count: number;
  /** The link of the node with this name. */
  readonly connect: (nodeName: string) => ServerLink;
  readonly clock: Clock;
  readonly log: Logger;
  /** Nodes are PREFIX-0, PREFIX-1, …; default "sim". */
  readonly prefix?: string;
  /** How long a pod takes from its binding to Running, in ms; default 0. */
  readonly startDelay?: number;
}

export interface SimulatedNodes {
  /** One per node, in order: for the registry of connected agents. */
  readonly agents: readonly AgentLink[];
  stop(): void;
}

/** How often each lease is renewed, as the kubelet does with leases of 40 s. */
const renewPeriod = 10_000;
/** The renewals of a period are spread over so many turns of one shared timer. */
const turns = 100;
const registeringAtOnce = 32;

/** Resolves when all nodes are registered. Throws the first error of a registration; nothing runs then. */
export async function startSimulatedNodes(options: SimulatedNodesOptions): Promise<SimulatedNodes> {
  const { clock, connect, count, log, prefix = "sim", startDelay = 0 } = options;
  if (count > maxSimulatedNodes) throw new Error(`at most ${maxSimulatedNodes} nodes can be simulated`);
  const nodes = Array.from({ length: count }, (_, index) => {
    const name = `${prefix}-${index}`;
    return new SimulatedNode({ name, index, link: connect(name), clock, log, startDelay });
  });
  const stopNodes = (): void => {
    for (const node of nodes) node.stop();
  };
  try {
    for (let at = 0; at < count; at += registeringAtOnce) {
      await Promise.all(nodes.slice(at, at + registeringAtOnce).map((node) => node.start()));
    }
  } catch (error) {
    stopNodes();
    throw error;
  }
  const stopLeases = renewInTurns(nodes, clock, log);
  return {
    agents: nodes.map(({ name }) => simulatedAgent(name)),
    stop() {
      stopLeases();
      stopNodes();
    },
  };
}

function renewInTurns(nodes: readonly SimulatedNode[], clock: Clock, log: Logger): () => void {
  if (nodes.length === 0) return () => undefined;
  const perTurn = Math.ceil(nodes.length / turns);
  const usedTurns = Math.ceil(nodes.length / perTurn);
  let turn = 0;
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = clock.after(renewPeriod / usedTurns, () => {
      for (const node of nodes.slice(turn * perTurn, (turn + 1) * perTurn)) {
        node.renewLease().catch((error: Error) => {
          log.warn({ node: node.name, error: error.message }, "a simulated node could not renew its lease");
        });
      }
      turn = (turn + 1) % usedTurns;
      next();
    });
  };
  next();
  return () => cancel();
}

function simulatedAgent(nodeName: string): AgentLink {
  const refuse = async (what: string): Promise<never> => {
    throw new LinkError("BadRequest", `node ${nodeName} is simulated: ${what}`);
  };
  return {
    nodeName,
    logs: async ({ name }) => Readable.from([`pod ${name} is simulated: it has no output\n`]),
    exec: () => refuse("no command can run in its pods"),
    attach: () => refuse("there is nothing to attach to in its pods"),
    portForward: () => refuse("nothing listens in its pods"),
  };
}
