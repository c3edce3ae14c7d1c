/** From a request on a pod's subresource to the agent that runs the pod; the texts are kube-apiserver's. */
import { type AgentLink, LinkError, type PodRef } from "../../../proto/agent.ts";
import { failure, StatusError } from "../../machinery/status/error.ts";
import { badRequest, internalError, serviceUnavailable } from "../../machinery/status/errors.ts";
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { ConnectRequest } from "../http/connect.ts";

/** As the server itself: a user may have the right to exec in a pod without that to read it. */
export const loopback = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };
const pods = { group: "", version: "v1", resource: "pods" };

export async function podOf({ client, namespace, name }: ConnectRequest): Promise<Pod> {
  return await client.as(loopback).resource<Pod>(pods, namespace).get(name);
}

/** The container that is asked for, or the only one of the pod. */
export function containerOf(pod: Pod, asked: string | null): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const name = pod.metadata.name ?? "";
  if (asked) {
    const all = [...containers, ...initContainers, ...ephemeralContainers];
    if (all.some((container) => container.name === asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const [only, ...others] = containers;
  if (only && others.length === 0) return only.name;
  let message = `a container name must be specified for pod ${name}`;
  if (only) message += `, choose one of: [${containers.map((container) => container.name).join(" ")}]`;
  if (only && initContainers.length > 0) {
    message += ` or one of the init containers: [${initContainers.map((container) => container.name).join(" ")}]`;
  }
  throw badRequest(message);
}

export function refOf({ metadata: { namespace = "", name = "", uid = "" } }: Pod): PodRef {
  return { namespace, name, uid };
}

/** Throws 400 while the pod has no node, 503 while the node's agent is not connected. */
export function agentOfPod(pod: Pod, agentOf: (nodeName: string) => AgentLink | undefined): AgentLink {
  const nodeName = pod.spec?.nodeName;
  if (!nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  const agent = agentOf(nodeName);
  if (!agent) throw serviceUnavailable(`the agent of node ${JSON.stringify(nodeName)} is not connected`);
  return agent;
}

/** An agent's error as the answer to the request. */
export function asStatusError(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  if (!(error instanceof LinkError)) return internalError((error as Error).message, { cause: error });
  switch (error.reason) {
    case "BadRequest":
      return badRequest(error.message, { cause: error });
    case "NotFound":
      return failure(404, "NotFound", error.message, undefined, { cause: error });
    case "Unavailable":
      return serviceUnavailable(error.message);
    case "Internal":
      return internalError(error.message, { cause: error });
  }
}
