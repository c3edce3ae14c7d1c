/**
 * The scheduler's rules once more, as plainly as they can be said: every node is looked at afresh for every pod, straight
 * from the objects. It shares nothing with src/sched, so that the two can be held against each other.
 */
import type { Node, NodeSelectorTerm, Pod, Taint } from "../../src/machinery/types/core/v1.ts";

export interface World {
  readonly nodes: readonly Node[];
  /** Pods that have a node. */
  readonly pods: readonly { readonly pod: Pod; readonly nodeName: string }[];
}

export interface Verdict {
  /** By node: the total score of those that would take the pod. */
  readonly scores: ReadonlyMap<string, number>;
  /** By node: why not. */
  readonly reasons: ReadonlyMap<string, readonly string[]>;
}

const units: Record<string, number> = { m: 1e-3, k: 1e3, M: 1e6, G: 1e9, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

function number(quantity: string | undefined): number {
  const [, digits = "0", unit = ""] = /^([\d.]+)(\D*)$/.exec(quantity ?? "0") ?? [];
  return Number(digits) * (units[unit] ?? 1);
}

function asked(pod: Pod, resource: string, fallback = 0): number {
  let sum = 0;
  for (const container of pod.spec?.containers ?? []) {
    const quantity = container.resources?.requests?.[resource];
    sum += quantity === undefined ? fallback : number(quantity);
  }
  return sum;
}

function tolerated(pod: Pod, taint: Taint): boolean {
  return (pod.spec?.tolerations ?? []).some(
    (one) =>
      (!one.key || one.key === taint.key) &&
      (!one.effect || one.effect === taint.effect) &&
      (one.operator === "Exists" || (!!one.key && (one.value ?? "") === (taint.value ?? ""))),
  );
}

function termMatches(node: Node, term: NodeSelectorTerm): boolean {
  const expressions = term.matchExpressions ?? [];
  if (expressions.length === 0) return false;
  return expressions.every(({ key, operator, values = [] }) => {
    const value = node.metadata.labels?.[key];
    if (operator === "In") return value !== undefined && values.includes(value);
    if (operator === "NotIn") return value === undefined || !values.includes(value);
    if (operator === "Exists") return value !== undefined;
    return value === undefined;
  });
}

function hostPorts(pod: Pod): number[] {
  return (pod.spec?.containers ?? [])
    .flatMap(({ ports = [] }) => ports.map(({ hostPort = 0 }) => hostPort))
    .filter(Boolean);
}

function refusals(world: World, node: Node, pod: Pod): string[] {
  const there = world.pods.filter(({ nodeName }) => nodeName === node.metadata.name).map((one) => one.pod);
  if (node.spec?.unschedulable && !tolerated(pod, { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" })) {
    return ["node(s) were unschedulable"];
  }
  const hard = (node.spec?.taints ?? []).filter(({ effect }) => effect !== "PreferNoSchedule");
  if (hard.some((taint) => !tolerated(pod, taint))) return ["node(s) had untolerated taint(s)"];
  const selector = Object.entries(pod.spec?.nodeSelector ?? {});
  const affinity = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const selected = selector.every(([key, value]) => node.metadata.labels?.[key] === value);
  if (!selected || (affinity && !affinity.nodeSelectorTerms.some((term) => termMatches(node, term)))) {
    return ["node(s) didn't match Pod's node affinity/selector"];
  }
  const taken = there.flatMap(hostPorts);
  if (hostPorts(pod).some((port) => taken.includes(port))) {
    return ["node(s) didn't have free ports for the requested pod ports"];
  }
  const short: string[] = [];
  if (there.length + 1 > number(node.status?.allocatable?.pods)) short.push("Too many pods");
  const resources = new Set((pod.spec?.containers ?? []).flatMap((one) => Object.keys(one.resources?.requests ?? {})));
  for (const resource of resources) {
    const used = there.reduce((sum, one) => sum + asked(one, resource), 0);
    const wanted = asked(pod, resource);
    // Thousandths, so that sums of decimal fractions compare exactly.
    const free = Math.round((number(node.status?.allocatable?.[resource]) - used) * 1000);
    if (wanted > 0 && Math.round(wanted * 1000) > free) short.push(`Insufficient ${resource}`);
  }
  return short;
}

function allocation(world: World, node: Node, pod: Pod, resource: "cpu" | "memory"): { least: number; share: number } {
  const there = world.pods.filter(({ nodeName }) => nodeName === node.metadata.name).map((one) => one.pod);
  const scale = resource === "cpu" ? 1000 : 1;
  const fallback = resource === "cpu" ? 0.1 : 200 * 2 ** 20;
  const capacity = Math.round(number(node.status?.allocatable?.[resource]) * scale);
  const sum = (floor: number) =>
    Math.round([...there, pod].reduce((total, one) => total + asked(one, resource, floor), 0) * scale);
  const scored = sum(fallback);
  return {
    least: scored > capacity ? 0 : Math.floor(((capacity - scored) * 100) / capacity),
    share: Math.min(1, sum(0) / capacity),
  };
}

export function judge(world: World, pod: Pod): Verdict {
  const reasons = new Map<string, readonly string[]>();
  const left: Node[] = [];
  for (const node of world.nodes) {
    const why = refusals(world, node, pod);
    if (why.length > 0) reasons.set(`${node.metadata.name}`, why);
    else left.push(node);
  }
  const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const wishes = left.map((node) =>
    preferred.reduce((sum, { weight, preference }) => sum + (termMatches(node, preference) ? weight : 0), 0),
  );
  const soft = left.map(
    (node) =>
      (node.spec?.taints ?? []).filter((taint) => taint.effect === "PreferNoSchedule" && !tolerated(pod, taint)).length,
  );
  const mostWished = Math.max(0, ...wishes);
  const mostTainted = Math.max(0, ...soft);
  const scores = new Map<string, number>();
  for (const [i, node] of left.entries()) {
    const cpu = allocation(world, node, pod, "cpu");
    const memory = allocation(world, node, pod, "memory");
    let score = Math.floor((cpu.least + memory.least) / 2);
    if (asked(pod, "cpu") > 0 || asked(pod, "memory") > 0) {
      score += Math.floor((1 - Math.abs((cpu.share - memory.share) / 2)) * 100);
    }
    score += 3 * (mostTainted === 0 ? 100 : 100 - Math.floor(((soft[i] ?? 0) * 100) / mostTainted));
    if (preferred.length > 0 && mostWished > 0) score += 2 * Math.floor(((wishes[i] ?? 0) * 100) / mostWished);
    score += imageScore(world, node, pod);
    scores.set(`${node.metadata.name}`, score);
  }
  return { scores, reasons };
}

function imageScore(world: World, node: Node, pod: Pod): number {
  const mebi = 2 ** 20;
  const images = (pod.spec?.containers ?? []).map((container) => container.image ?? "");
  const sizeOn = (one: Node, name: string) =>
    one.status?.images?.find((image) => image.names?.includes(name))?.sizeBytes ?? 0;
  let sum = 0;
  for (const name of images) {
    const spread = world.nodes.filter((one) => sizeOn(one, name) > 0).length / world.nodes.length;
    sum += Math.floor(sizeOn(node, name) * spread);
  }
  const most = 1000 * mebi * images.length;
  const counted = Math.min(Math.max(sum, 23 * mebi), most);
  return Math.floor((100 * (counted - 23 * mebi)) / (most - 23 * mebi));
}
