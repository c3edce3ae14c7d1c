import type { AgentLink } from "../../../../proto/agent.ts";
import { badRequest, notFound } from "../../../machinery/status/errors.ts";
import type { Pod } from "../../../machinery/types/core/v1.ts";
import type { ConnectRequest } from "../../http/connect.ts";
import { agentOfPod, podOf, refOf } from "../pod.ts";
import { splitSchemeNamePort } from "./scheme-name-port.ts";
import type { ProxyTarget } from "./types.ts";

export type AgentOf = (nodeName: string) => AgentLink | undefined;

/** pods/[scheme:]NAME[:port]/proxy: without a port the first that the pod declares, else 80. */
export async function podTarget(request: ConnectRequest, agentOf: AgentOf): Promise<ProxyTarget> {
  const id = splitSchemeNamePort(request.name);
  if (id === undefined) throw badRequest(`invalid pod request ${JSON.stringify(request.name)}`);
  const pod = await podOf({ ...request, name: id.name });
  const declared = pod.spec?.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  const port = id.port === "" ? (declared ?? 80) : Number(id.port);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw notFound({ group: "", resource: "pods" }, request.name);
  if (!pod.status?.podIP) throw badRequest("address not allowed");
  return { scheme: id.scheme, ...inPod(pod, port, agentOf) };
}

/** A port of a pod, reached through the agent of its node. */
export function inPod(pod: Pod, port: number, agentOf: AgentOf): Pick<ProxyTarget, "host" | "connect"> {
  const agent = agentOfPod(pod, agentOf);
  const address = pod.status?.podIP ?? "";
  return {
    host: `${address.includes(":") ? `[${address}]` : address}:${port}`,
    connect: (signal) => agent.portForward(refOf(pod), port, signal),
  };
}
