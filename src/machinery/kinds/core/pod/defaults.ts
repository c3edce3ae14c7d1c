import type { Container, Pod, PodSpec, PodTemplateSpec } from "../../../types/core/v1.ts";
import { defaultContainer, requestWhatIsLimited } from "./container-defaults.ts";
import { defaultPodLevelResources } from "./pod-level-resources.ts";
import { defaultVolume } from "./volume-defaults.ts";

/** SetDefaults_Pod: what a pod gets beyond what every pod template gets. */
export function defaultPod(pod: Pod): void {
  const spec = pod.spec;
  if (spec === undefined) return;
  defaultPodSpec(spec);
  for (const container of spec.containers ?? []) requestWhatIsLimited(container);
  if (spec.initContainers) for (const container of spec.initContainers) requestWhatIsLimited(container);
  if (spec.resources) defaultPodLevelResources(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) {
    for (const container of spec.containers ?? []) takeHostPorts(container);
    for (const container of spec.initContainers ?? []) takeHostPorts(container);
  }
}

/** The defaults of a template inside a workload. */
export function defaultPodTemplate(template: PodTemplateSpec | undefined): void {
  if (template === undefined) return;
  template.metadata ??= {};
  if (template.spec) defaultPodSpec(template.spec);
}

/** SetDefaults_PodSpec and all below it. Runs on every pod that is written: no allocations beyond what it fills in. */
function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ||= "Always";
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ||= "ClusterFirst";
  spec.securityContext ??= {};
  spec.schedulerName ||= "default-scheduler";
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account) {
    spec.serviceAccountName = account;
    spec.serviceAccount = account;
  }
  if (spec.volumes) for (const volume of spec.volumes) defaultVolume(volume);
  for (const container of spec.containers ?? []) defaultContainer(container);
  if (spec.initContainers) for (const container of spec.initContainers) defaultContainer(container);
  if (spec.ephemeralContainers) for (const container of spec.ephemeralContainers) defaultContainer(container);
}

/** On the host's network a container's port is the host's. */
function takeHostPorts(container: Container): void {
  for (const port of container.ports ?? []) if (!port.hostPort) port.hostPort = port.containerPort;
}
