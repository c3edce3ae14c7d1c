/** The nodes that run in this process: this machine's own, on Docker, and simulated ones. */
import { join } from "node:path";
import type { AgentRegistry, NodeLinks } from "../link/types.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { clusterIdOf } from "./cluster-id.ts";
import type { ServerConfig } from "./config.ts";

export interface Nodes {
  /** Containers are left running. */
  stop(): Promise<void>;
}

export interface NodesOptions {
  readonly config: ServerConfig;
  readonly links: NodeLinks;
  readonly agents: AgentRegistry;
  /** Of the API server: `config.port` may have left it open. */
  readonly apiPort: number;
  readonly clock: Clock;
  readonly log: Logger;
}

type Stop = () => void | Promise<void>;

export async function startNodes(options: NodesOptions): Promise<Nodes> {
  const { config } = options;
  const stops: Stop[] = [];
  if (config.agent) stops.push(await startOwnNode(options));
  if (config.simulatedNodes > 0) stops.push(await startSimulated(options));
  return {
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

async function startOwnNode({ config, links, agents, apiPort, clock, log }: NodesOptions): Promise<Stop> {
  const [{ startAgent }, { createDockerRuntime }] = await Promise.all([
    import("../agent/agent.ts"),
    import("../agent/runtime/docker/runtime.ts"),
  ]);
  const agentLog = log.child({ room: "agent" });
  const runtime = createDockerRuntime({
    ...(config.dockerHost ? { host: config.dockerHost } : {}),
    clusterId: clusterIdOf(config.dataDir),
    nodeName: config.nodeName,
    clock,
    log: agentLog,
  });
  const agent = await startAgent({
    nodeName: config.nodeName,
    link: links.connect(config.nodeName),
    runtime,
    dataDir: join(config.dataDir, "agent"),
    network: { apiServer: { address: config.bindAddress, port: apiPort } },
    clock,
    log: agentLog,
  });
  const disconnect = agents.connect(agent.link);
  return async () => {
    disconnect();
    await agent.stop();
  };
}

async function startSimulated({ config, links, agents, clock, log }: NodesOptions): Promise<Stop> {
  const { startSimulatedNodes } = await import("../agent/simulated-nodes/start.ts");
  const simulated = await startSimulatedNodes({
    count: config.simulatedNodes,
    connect: (name) => links.connect(name),
    clock,
    log: log.child({ room: "simulated-nodes" }),
  });
  const disconnects = simulated.agents.map((agent) => agents.connect(agent));
  return () => {
    for (const disconnect of disconnects) disconnect();
    simulated.stop();
  };
}
