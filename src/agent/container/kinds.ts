/** The containers of a pod, by what they are. */
import type { Container, Pod } from "../../machinery/types/core/v1.ts";
import type { ContainerConfig } from "../runtime/types.ts";

type ContainerKind = ContainerConfig["kind"];

export interface SpecContainer {
  readonly kind: ContainerKind;
  readonly container: Container;
}

/** An init container that runs beside the pod's own: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/ */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}

/** Init containers first, then the app's, then ephemeral ones. */
export function specContainers(pod: Pod): readonly SpecContainer[] {
  const { initContainers = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  return [
    ...initContainers.map((container) => ({ kind: "init" as const, container })),
    ...containers.map((container) => ({ kind: "app" as const, container })),
    ...ephemeralContainers.map((container) => ({ kind: "ephemeral" as const, container })),
  ];
}

export function findContainer(pod: Pod, name: string): SpecContainer | undefined {
  return specContainers(pod).find(({ container }) => container.name === name);
}

/** What the kubelet calls the field an event is about: "spec.containers{web}". */
export function fieldPathOf({ kind, container }: SpecContainer): string {
  const field = { init: "initContainers", app: "containers", ephemeral: "ephemeralContainers" }[kind];
  return `spec.${field}{${container.name}}`;
}
