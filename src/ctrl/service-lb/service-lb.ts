/**
 * Load balancers without a cloud: the nodes themselves are the load balancer, since each of them leads to every Service. A
 * Service of type LoadBalancer gets their addresses, unless another one has its ports there already.
 */
import { isDeepStrictEqual } from "node:util";
import { keyOf } from "../../machinery/meta/object.ts";
import type { LoadBalancerIngress, Node, Service } from "../../machinery/types/core/v1.ts";
import type { EndpointSlice } from "../../machinery/types/discovery/v1.ts";
import { QueuedController } from "../controller.ts";
import type { ControllerFactory } from "../types.ts";
import { isBalanced, nodeAddresses, nodeSignature } from "./ingress.ts";

const nodeResource = { group: "", version: "v1", resource: "nodes" };
const serviceResource = { group: "", version: "v1", resource: "services" };
const sliceResource = { group: "discovery.k8s.io", version: "v1", resource: "endpointslices" };
const serviceNameLabel = "kubernetes.io/service-name";

/** Ports are shared by all Services, so they are looked at together: there are few of them. */
const all = "all";

export const serviceLbController: ControllerFactory = ({ client, informers, events, clock, log }) => {
  const nodes = informers.informer<Node>(nodeResource);
  const services = informers.informer<Service>(serviceResource);
  const slices = informers.informer<EndpointSlice>(sliceResource);
  const controller = new QueuedController<string>({ name: "service-lb", clock, log, workers: 1, reconcile });
  const look = (): void => controller.queue.add(all);
  /** Keys of Services that are, or have been, load balanced. */
  const balanced = new Set<string>();
  /** What has been said of a Service last, so that it is said once. */
  const refusals = new Map<string, string>();
  const learn = (service: Service): void => {
    if (!isBalanced(service) && !hasIngress(service)) {
      if (balanced.delete(keyOf(service))) look();
      return;
    }
    balanced.add(keyOf(service));
    look();
  };
  services.addHandler({
    add: learn,
    update: learn,
    delete(service) {
      refusals.delete(keyOf(service));
      if (balanced.delete(keyOf(service))) look();
    },
  });
  nodes.addHandler({
    add: look,
    update: (node, old) => {
      if (nodeSignature(node) !== nodeSignature(old)) look();
    },
    delete: look,
  });
  const learnSlice = ({ metadata }: EndpointSlice): void => {
    const key = `${metadata.namespace}/${metadata.labels?.[serviceNameLabel]}`;
    if (balanced.has(key) && services.lister.get(key)?.spec?.externalTrafficPolicy === "Local") look();
  };
  slices.addHandler({ add: learnSlice, update: learnSlice, delete: learnSlice });
  return controller;

  async function reconcile(): Promise<void> {
    const mine = [...balanced].flatMap((key) => services.lister.get(key) ?? []);
    // Whoever was first keeps what he has.
    mine.sort((a, b) => rank(a) - rank(b) || created(a).localeCompare(created(b)) || keyOf(a).localeCompare(keyOf(b)));
    const taken = new Map<string, string>();
    const known = nodes.lister.list();
    let failure: unknown;
    for (const service of mine) {
      try {
        await settle(service, known, taken);
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  async function settle(service: Service, known: readonly Node[], taken: Map<string, string>): Promise<void> {
    const key = keyOf(service);
    const before = service.status?.loadBalancer?.ingress ?? [];
    if (!isBalanced(service)) {
      if (!service.spec?.loadBalancerClass && before.length > 0) await write(service, []);
      return;
    }
    const ports = (service.spec?.ports ?? []).map(({ port, protocol = "TCP" }) => `${port}/${protocol}`);
    const addresses = nodeAddresses(service, known, nodesWithEndpoints(service));
    const claims = addresses.flatMap((address) => ports.map((port) => ({ claim: `${address} ${port}`, port })));
    const clash = claims.find(({ claim }) => taken.has(claim));
    if (clash) {
      refuse(service, `port ${clash.port} is already used by the load balancer of ${taken.get(clash.claim)}`);
      if (before.length > 0) await write(service, []);
      return;
    }
    if (addresses.length === 0) {
      const { loadBalancerIP } = service.spec ?? {};
      refuse(
        service,
        loadBalancerIP ? `no node has the address ${loadBalancerIP}` : "there is no node with an address",
      );
    } else refusals.delete(key);
    for (const { claim } of claims) taken.set(claim, key);
    const ingress = addresses.map((ip): LoadBalancerIngress => ({ ip, ipMode: "VIP" }));
    if (isDeepStrictEqual(before, ingress)) return;
    if (before.length === 0) events.event(service, "Normal", "EnsuringLoadBalancer", "Ensuring load balancer");
    await write(service, ingress);
    if (before.length === 0) events.event(service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer");
    else events.event(service, "Normal", "UpdatedLoadBalancer", "Updated load balancer with new hosts");
  }

  function refuse(service: Service, why: string): void {
    const key = keyOf(service);
    if (refusals.get(key) === why) return;
    refusals.set(key, why);
    const message = `Error syncing load balancer: failed to ensure load balancer: ${why}`;
    events.event(service, "Warning", "SyncLoadBalancerFailed", message);
  }

  async function write(service: Service, ingress: LoadBalancerIngress[]): Promise<void> {
    const { name = "", namespace, resourceVersion } = service.metadata;
    // Bound to what was looked at: the type may have changed meanwhile.
    const patch = {
      metadata: { resourceVersion },
      status: { loadBalancer: { ingress: ingress.length > 0 ? ingress : null } },
    };
    const resource = client.resource<Service>(serviceResource, namespace);
    await resource.patch(name, { type: "merge", patch }, { subresource: "status" });
  }

  function nodesWithEndpoints(service: Service): ReadonlySet<string> | undefined {
    if (service.spec?.externalTrafficPolicy !== "Local") return undefined;
    const { name, namespace } = service.metadata;
    const names = slices.lister
      .list(namespace)
      .filter(({ metadata }) => metadata.labels?.[serviceNameLabel] === name)
      .flatMap(({ endpoints }) => endpoints ?? [])
      .flatMap(({ conditions, nodeName }) => (conditions?.ready !== false && nodeName ? [nodeName] : []));
    return new Set(names);
  }
};

function hasIngress({ status }: Service): boolean {
  return (status?.loadBalancer?.ingress ?? []).length > 0;
}

/** Services that have addresses come first. */
function rank(service: Service): number {
  return hasIngress(service) ? 0 : 1;
}

function created({ metadata }: Service): string {
  return metadata.creationTimestamp ?? "";
}
