/** Who is connected: how the API server finds the agent that runs a pod. */
import type { AgentLink, ServerLink } from "../../proto/agent.ts";

export interface AgentRegistry {
  /** Undefined while no agent of that node is connected. */
  agentOf(nodeName: string): AgentLink | undefined;
  /** Returns a function that takes it out again; a newer agent of the same node is not touched by it. */
  connect(agent: AgentLink): () => void;
}

export interface NodeLinks {
  /** The link of one node. Cheap: nothing runs for a node but what its agent calls. */
  connect(nodeName: string): ServerLink;
}
