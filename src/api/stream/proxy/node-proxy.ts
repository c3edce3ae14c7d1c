/**
 * nodes/[scheme:]NAME:PORT/proxy reaches a port of the node. Without a port it is the kubelet that is asked; agents have no
 * listener of their own, so what clients ask a kubelet for is answered here: /healthz, /pods and /stats/summary.
 */
import type { AgentLink, NodeStats, ResourceUsage } from "../../../../proto/agent.ts";
import { badRequest, serviceUnavailable } from "../../../machinery/status/errors.ts";
import type { Node, Pod } from "../../../machinery/types/core/v1.ts";
import type { ConnectHandler, ConnectRequest } from "../../http/connect.ts";
import type { Exchange } from "../../http/exchange.ts";
import { asStatusError, loopback } from "../pod.ts";
import type { StreamOptions } from "../types.ts";
import { proxyHandler } from "./handlers.ts";
import { splitSchemeNamePort } from "./scheme-name-port.ts";

/** api, v1, nodes, NAME, proxy */
const depthOfNodes = 5;
const nodes = { group: "", version: "v1", resource: "nodes" };
const pods = { group: "", version: "v1", resource: "pods" };

export function nodeProxy({ agentOf }: StreamOptions): ConnectHandler {
  const toPort = proxyHandler(depthOfNodes, async (request) => {
    const { scheme, name, port } = idOf(request);
    const node = await request.client.as(loopback).resource<Node>(nodes).get(name);
    const address = node.status?.addresses?.find(({ type }) => type === "InternalIP")?.address ?? "";
    const { connectDirectly } = await import("./direct-connection.ts");
    return {
      scheme,
      host: `${address}:${port}`,
      connect: (signal) => connectDirectly(address, Number(port), signal),
    };
  });
  return {
    async request(request, exchange) {
      const { name, port } = idOf(request);
      if (port !== "") return await toPort.request?.(request, exchange);
      await request.client.as(loopback).resource<Node>(nodes).get(name);
      const agent = agentOf(name);
      if (!agent) throw serviceUnavailable(`the agent of node ${JSON.stringify(name)} is not connected`);
      await answer(request, exchange, name, agent);
    },
    async upgrade(request, upgrade) {
      if (idOf(request).port === "") throw badRequest("the node takes no upgrades");
      await toPort.upgrade?.(request, upgrade);
    },
  };
}

function idOf({ name }: ConnectRequest) {
  const id = splitSchemeNamePort(name);
  const port = Number(id?.port || 1);
  if (id === undefined || !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw badRequest(`invalid node request ${JSON.stringify(name)}`);
  }
  return id;
}

async function answer(request: ConnectRequest, exchange: Exchange, name: string, agent: AgentLink): Promise<void> {
  switch (request.rest) {
    case "healthz":
      return exchange.respond(200, { "content-type": "text/plain; charset=utf-8" }, "ok");
    case "pods": {
      const client = request.client.as(loopback).resource<Pod>(pods);
      const { items } = await client.list({ fieldSelector: `spec.nodeName=${name}` });
      return respondJson(exchange, { kind: "PodList", apiVersion: "v1", metadata: {}, items });
    }
    case "stats/summary": {
      const stats = await agent.stats?.().catch((error: unknown) => {
        throw asStatusError(error);
      });
      if (stats) return respondJson(exchange, summary(name, stats));
    }
  }
  exchange.respond(404, { "content-type": "text/plain; charset=utf-8" }, "404 page not found\n");
}

function respondJson(exchange: Exchange, value: object): void {
  exchange.respond(200, { "content-type": "application/json" }, JSON.stringify(value));
}

/** The part of the kubelet's Summary that is known: k8s.io/kubelet/pkg/apis/stats/v1alpha1. */
function summary(nodeName: string, { time, node, pods }: NodeStats): object {
  const usage = ({ cpuNanoCores, cpuNanoseconds, memoryUsageBytes, memoryWorkingSetBytes }: ResourceUsage) => ({
    cpu: { time, usageNanoCores: cpuNanoCores, usageCoreNanoSeconds: cpuNanoseconds },
    memory: { time, usageBytes: memoryUsageBytes, workingSetBytes: memoryWorkingSetBytes },
  });
  return {
    node: { nodeName, ...usage(node) },
    pods: pods.map(({ pod, containers }) => ({
      podRef: pod,
      containers: containers.map(({ name, ...used }) => ({ name, ...usage(used) })),
    })),
  };
}
