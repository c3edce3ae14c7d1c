import type { AgentLink } from "../../proto/agent.ts";
import type { AgentRegistry } from "./types.ts";

export function createAgentRegistry(): AgentRegistry {
  const agents = new Map<string, AgentLink>();
  return {
    agentOf: (nodeName) => agents.get(nodeName),
    connect(agent) {
      agents.set(agent.nodeName, agent);
      return () => {
        if (agents.get(agent.nodeName) === agent) agents.delete(agent.nodeName);
      };
    },
  };
}
