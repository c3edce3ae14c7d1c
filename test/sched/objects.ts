import type { Node, Pod, PodSpec, Taint } from "../../src/machinery/types/core/v1.ts";

export interface NodeOptions {
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
  readonly labels?: Record<string, string>;
  readonly taints?: Taint[];
  readonly unschedulable?: boolean;
  readonly images?: { names: string[]; sizeBytes: number }[];
  readonly extended?: Record<string, string>;
}

export function makeNode(name: string, options: NodeOptions = {}): Node {
  const { cpu = "4", memory = "8Gi", pods = "110", labels = {}, taints, unschedulable, images, extended } = options;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } },
    spec: { ...(taints ? { taints } : {}), ...(unschedulable ? { unschedulable } : {}) },
    status: { allocatable: { cpu, memory, pods, ...extended }, ...(images ? { images } : {}) },
  };
}

export interface PodOptions {
  readonly cpu?: string;
  readonly memory?: string;
  readonly requests?: Record<string, string>;
  readonly hostPort?: number;
  readonly image?: string;
  readonly spec?: Partial<PodSpec>;
  readonly namespace?: string;
}

export function makePod(name: string, options: PodOptions = {}): Pod {
  const { cpu, memory, requests, hostPort, image = "app:1", spec = {}, namespace = "default" } = options;
  const wanted = { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}), ...requests };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, uid: `uid-${namespace}-${name}` },
    spec: {
      containers: [
        {
          name: "app",
          image,
          ...(Object.keys(wanted).length ? { resources: { requests: wanted } } : {}),
          ...(hostPort ? { ports: [{ containerPort: 80, hostPort }] } : {}),
        },
      ],
      ...spec,
    },
  };
}
