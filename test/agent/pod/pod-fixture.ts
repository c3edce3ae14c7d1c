/** Pods and what runs of them, made up for tests of pure functions. */
import { specHash } from "../../../src/agent/container/spec-hash.ts";
import type { ProbeVerdicts } from "../../../src/agent/pod/probe-results.ts";
import { type PodView, podView } from "../../../src/agent/pod/view.ts";
import type { ProbeKind } from "../../../src/agent/probes/types.ts";
import type { ContainerState, SandboxState } from "../../../src/agent/runtime/types.ts";
import type { Container, Pod, PodSpec } from "../../../src/machinery/types/core/v1.ts";

export const START = Date.parse("2026-01-01T00:00:00Z");
export const image = "web:1";

export function pod(spec: Partial<PodSpec> & { containers?: Container[] } = {}): Pod {
  return {
    metadata: { name: "web", namespace: "default", uid: "u", generation: 3 },
    spec: { restartPolicy: "Always", containers: [{ name: "app", image }], ...spec },
  };
}

export function container(name: string, changes: Partial<Container> = {}): Container {
  return { name, image, ...changes };
}

export function sidecar(name: string, changes: Partial<Container> = {}): Container {
  return container(name, { restartPolicy: "Always", ...changes });
}

export function sandbox(changes: Partial<SandboxState> = {}): SandboxState {
  const attempt = changes.attempt ?? 0;
  return {
    id: `s${attempt}`,
    podUid: "u",
    namespace: "default",
    name: "web",
    attempt,
    running: true,
    createdAt: new Date(START + attempt * 60_000).toISOString(),
    ips: ["10.0.0.2"],
    ...changes,
  };
}

/** "running", "created", or an exit code; in sandbox s0 unless told. */
export function state(
  name: string,
  now: "running" | "created" | number,
  changes: Partial<ContainerState> = {},
): ContainerState {
  const attempt = changes.attempt ?? 0;
  const at = (seconds: number) => new Date(START + (attempt * 100 + seconds) * 1000).toISOString();
  return {
    id: `${name}-${attempt}`,
    sandboxId: "s0",
    podUid: "u",
    namespace: "default",
    podName: "web",
    name,
    kind: "app",
    attempt,
    specHash: specHash({ name, image }),
    image,
    imageId: "docker://sha256:1",
    state: typeof now === "number" ? "exited" : now,
    createdAt: at(1),
    ...(now === "created" ? {} : { startedAt: at(2) }),
    ...(typeof now === "number" ? { finishedAt: at(10), exitCode: now } : {}),
    oomKilled: false,
    ...changes,
  };
}

export function view(containers: readonly ContainerState[], sandboxes: readonly SandboxState[] = [sandbox()]): PodView {
  return podView("u", { sandboxes, containers });
}

export function verdicts(known: Partial<Record<string, Partial<Record<ProbeKind, boolean>>>>): ProbeVerdicts {
  return { verdict: (id, kind) => known[id]?.[kind] };
}
