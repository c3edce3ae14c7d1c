/** From a container's spec to what the runtime is told. */
import type { Pod } from "../../machinery/types/core/v1.ts";
import type { ContainerConfig, ImageStatus, Mount } from "../runtime/types.ts";
import type { VolumeManager } from "../volumes/types.ts";
import { containerEnvironment, type EnvironmentSource } from "./env.ts";
import { expand } from "./expansion.ts";
import type { SpecContainer } from "./kinds.ts";
import { cgroupSettings } from "./resources.ts";
import { securitySettings } from "./security.ts";
import { specHash } from "./spec-hash.ts";
import { terminationMessageMount } from "./termination-message.ts";

export interface ContainerConfigInput {
  /** With the addresses of its status as they are known now. */
  readonly pod: Pod;
  readonly spec: SpecContainer;
  readonly attempt: number;
  readonly image: ImageStatus;
  readonly source: EnvironmentSource;
  readonly volumes: VolumeManager;
  readonly dataDir: string;
  readonly nodeMemoryBytes: number;
  /** /etc/hosts and /etc/resolv.conf of the pod; left out where the container mounts something there itself. */
  readonly podFiles: readonly Mount[];
  /** The runtime's id of an ephemeral container's target. */
  readonly targetId?: string;
}

/** Throws ContainerConfigError, and VolumeError for subPaths. */
export async function containerConfig(input: ContainerConfigInput): Promise<ContainerConfig> {
  const { pod, spec, attempt, image } = input;
  const { container, kind } = spec;
  const uid = pod.metadata.uid ?? "";
  const env = containerEnvironment(pod, container, input.source);
  const expandAll = (texts: readonly string[]) => texts.map((text) => expand(text, env));
  const security = await securitySettings({
    pod,
    container,
    imageUser: image.user,
    seccompFolder: `${input.dataDir}/seccomp`,
  });
  const own = await input.volumes.mounts(pod, container, env);
  const message = await terminationMessageMount(input.dataDir, uid, container, attempt);
  const taken = new Set(own.map((mount) => mount.containerPath));
  return {
    podUid: uid,
    namespace: pod.metadata.namespace ?? "",
    podName: pod.metadata.name ?? "",
    name: container.name,
    kind,
    attempt,
    image: container.image ?? "",
    ...(container.command?.length ? { command: expandAll(container.command) } : {}),
    ...(container.args?.length ? { args: expandAll(container.args) } : {}),
    ...(container.workingDir ? { workingDir: container.workingDir } : {}),
    env: [...env].map(([name, value]) => ({ name, value })),
    mounts: [...own, ...[...input.podFiles, message].filter((mount) => !taken.has(mount.containerPath))],
    devices: [],
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    ...(input.targetId === undefined ? {} : { processesOf: input.targetId }),
    ...security,
    ...cgroupSettings(pod, container, input.nodeMemoryBytes),
    specHash: specHash(container),
    labels: {},
  };
}
