import { badRequest, serviceUnavailable } from "../../../machinery/status/errors.ts";
import type { Pod, Service } from "../../../machinery/types/core/v1.ts";
import type { Endpoint, EndpointSlice } from "../../../machinery/types/discovery/v1.ts";
import type { Client } from "../../client/types.ts";
import type { ConnectRequest } from "../../http/connect.ts";
import { loopback } from "../pod.ts";
import { connectDirectly } from "./direct-connection.ts";
import { type AgentOf, inPod } from "./pod-target.ts";
import { splitSchemeNamePort } from "./scheme-name-port.ts";
import type { ProxyTarget } from "./types.ts";

const services = { group: "", version: "v1", resource: "services" };
const pods = { group: "", version: "v1", resource: "pods" };
const slices = { group: "discovery.k8s.io", version: "v1", resource: "endpointslices" };

/** services/[scheme:]NAME[:port]/proxy: one of the service's ready endpoints, by chance. The port by name or number. */
export async function serviceTarget(request: ConnectRequest, agentOf: AgentOf): Promise<ProxyTarget> {
  const id = splitSchemeNamePort(request.name);
  if (id === undefined) throw badRequest(`invalid service request ${JSON.stringify(request.name)}`);
  const client = request.client.as(loopback);
  const { namespace } = request;
  const service = await client.resource<Service>(services, namespace).get(id.name);
  const portName = portNameOf(service, id.port);
  const options = { labelSelector: `kubernetes.io/service-name=${id.name}` };
  const { items } = await client.resource<EndpointSlice>(slices, namespace).list(options);
  const ready = items.flatMap((slice) => readyEndpoints(slice, portName));
  const chosen = ready[Math.floor(Math.random() * ready.length)];
  if (chosen === undefined)
    throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(request.name)}`);
  const { endpoint, port } = chosen;
  const pod = await podBehind(client, namespace, endpoint);
  if (pod) return { scheme: id.scheme, ...inPod(pod, port, agentOf) };
  const [address = ""] = endpoint.addresses;
  return {
    scheme: id.scheme,
    host: `${address.includes(":") ? `[${address}]` : address}:${port}`,
    connect: (signal) => connectDirectly(address, port, signal),
  };
}

/** A number that is none of the service's is taken for a name, as it stands. */
function portNameOf({ spec }: Service, asked: string): string {
  const ports = spec?.ports ?? [];
  if (asked === "") return ports.length === 1 ? (ports[0]?.name ?? "") : "";
  if (!/^\d+$/.test(asked)) return asked;
  const found = ports.find(({ port }) => port === Number(asked));
  return found ? (found.name ?? "") : asked;
}

function readyEndpoints({ ports = [], endpoints = [] }: EndpointSlice, name: string) {
  const port = ports.find((candidate) => (candidate.name ?? "") === name)?.port;
  if (port === undefined) return [];
  return endpoints.filter(({ conditions }) => conditions?.ready !== false).map((endpoint) => ({ endpoint, port }));
}

async function podBehind(client: Client, namespace: string, { targetRef }: Endpoint): Promise<Pod | undefined> {
  if (targetRef?.kind !== "Pod" || !targetRef.name) return undefined;
  return await client.resource<Pod>(pods, targetRef.namespace ?? namespace).get(targetRef.name);
}
