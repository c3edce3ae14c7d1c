/** What an object counts for against quotas, and which names of a quota concern its kind (k8s.io/kubernetes/pkg/quota/v1/evaluator). */

import { isPodTerminal } from "../kinds/core/pod/phase.ts";
import { podLimitList, podRequestList } from "../kinds/core/pod/resource-lists.ts";
import type { KubeObject } from "../meta/object.ts";
import { readQuantity } from "../quantity/read.ts";
import type { PersistentVolumeClaim, Pod, ResourceList, Service } from "../types/core/v1.ts";

export interface Kind {
  readonly group: string;
  /** The plural. */
  readonly resource: string;
}

const classSuffix = ".storageclass.storage.k8s.io/";

/** Core kinds whose plural alone is the name of their count, besides "count/…". */
const countedByPlural: ReadonlySet<string> = new Set([
  "configmaps",
  "persistentvolumeclaims",
  "pods",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "services",
]);
const compute: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);

/** "count/deployments.apps", "count/pods" */
export function countName({ group, resource }: Kind): string {
  return group === "" ? `count/${resource}` : `count/${resource}.${group}`;
}

/** Whether a name in a quota's `hard` concerns objects of the kind. */
export function concerns(kind: Kind, name: string): boolean {
  if (name === countName(kind)) return true;
  if (kind.group !== "") return false;
  if (name === kind.resource) return countedByPlural.has(name);
  if (kind.resource === "pods") return isPodResource(name);
  if (kind.resource === "services") return name === "services.nodeports" || name === "services.loadbalancers";
  if (kind.resource === "persistentvolumeclaims") return name === "requests.storage" || name.includes(classSuffix);
  return false;
}

function isPodResource(name: string): boolean {
  if (compute.has(name) || name.startsWith("hugepages-")) return true;
  const [side, what] = split(name);
  if (side === "limits") return compute.has(what);
  return side === "requests" && what !== "storage" && !name.includes(classSuffix);
}

function split(name: string): [side: string, what: string] {
  const dot = name.indexOf(".");
  return dot < 0 ? ["", name] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** `now` in ms since the epoch: a pod that should long be gone counts no more. */
export function usageOf(kind: Kind, object: KubeObject, now: number): ResourceList {
  const usage: ResourceList = { [countName(kind)]: "1" };
  if (kind.group !== "") return usage;
  switch (kind.resource) {
    case "pods":
      return countsAsRunning(object as Pod, now) ? { ...usage, ...podUsage(object as Pod) } : usage;
    case "services":
      return { ...usage, ...serviceUsage(object as Service) };
    case "persistentvolumeclaims":
      return { ...usage, ...claimUsage(object as PersistentVolumeClaim) };
    default:
      if (countedByPlural.has(kind.resource)) usage[kind.resource] = "1";
      return usage;
  }
}

function countsAsRunning(pod: Pod, now: number): boolean {
  if (isPodTerminal(pod)) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

function podUsage({ spec }: Pod): ResourceList {
  if (spec === undefined) return { pods: "1" };
  return { pods: "1", ...computeUsage(podRequestList(spec), podLimitList(spec)) };
}

/** Under all the names that a request or limit goes by. */
export function computeUsage(requests: ResourceList, limits: ResourceList): ResourceList {
  const usage: ResourceList = {};
  for (const name in requests) {
    const amount = requests[name] ?? "0";
    usage[`requests.${name}`] = amount;
    if (compute.has(name) || name.startsWith("hugepages-")) usage[name] = amount;
  }
  for (const name in limits) if (compute.has(name)) usage[`limits.${name}`] = limits[name] ?? "0";
  return usage;
}

function serviceUsage({ spec }: Service): ResourceList {
  const usage: ResourceList = { services: "1", "services.nodeports": "0", "services.loadbalancers": "0" };
  const ports = spec?.ports ?? [];
  if (spec?.type === "NodePort") usage["services.nodeports"] = String(ports.length);
  if (spec?.type === "LoadBalancer") {
    const allocated = spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => nodePort) : ports;
    usage["services.nodeports"] = String(allocated.length);
    usage["services.loadbalancers"] = "1";
  }
  return usage;
}

function claimUsage({ metadata, spec, status }: PersistentVolumeClaim): ResourceList {
  const usage: ResourceList = { persistentvolumeclaims: "1" };
  const name = metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec?.storageClassName ?? "";
  if (name !== "") usage[`${name}${classSuffix}persistentvolumeclaims`] = "1";
  const asked = spec?.resources?.requests?.storage;
  const allocated = status?.allocatedResources?.storage;
  if (asked === undefined) return usage;
  const larger =
    allocated !== undefined && readQuantity(allocated).compare(readQuantity(asked)) > 0 ? allocated : asked;
  usage["requests.storage"] = larger;
  if (name !== "") usage[`${name}${classSuffix}requests.storage`] = larger;
  return usage;
}

const explicit: ReadonlySet<string> = new Set([
  "cpu",
  "memory",
  "requests.cpu",
  "requests.memory",
  "limits.cpu",
  "limits.memory",
]);

/** Where cpu or memory is under a quota, every container has to say what it wants: `must specify limits.cpu for: a,b`. */
export function missingRequirements(pod: Pod, names: readonly string[]): string | undefined {
  const required = names.filter((name) => explicit.has(name));
  const { spec } = pod;
  if (required.length === 0 || spec === undefined) return undefined;
  const whole = computeUsage(spec.resources?.requests ?? {}, spec.resources?.limits ?? {});
  const missing = new Map<string, string[]>();
  for (const { name, resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    const usage = computeUsage(resources?.requests ?? {}, resources?.limits ?? {});
    for (const resource of required) {
      if (usage[resource] !== undefined || whole[resource] !== undefined) continue;
      missing.set(resource, [...(missing.get(resource) ?? []), name]);
    }
  }
  if (missing.size === 0) return undefined;
  const parts = [...missing].sort(([a], [b]) => (a < b ? -1 : 1));
  return `must specify ${parts.map(([resource, containers]) => `${resource} for: ${containers.sort().join(",")}`).join("; ")}`;
}
