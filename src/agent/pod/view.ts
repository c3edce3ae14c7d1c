/** What runs (and ran) of one pod, as the runtime tells. */
import type { ContainerState, SandboxState } from "../runtime/types.ts";

export interface PodView {
  /** The newest first. */
  readonly sandboxes: readonly SandboxState[];
  /** The newest of each name first. */
  readonly containers: readonly ContainerState[];
}

export const emptyView: PodView = { sandboxes: [], containers: [] };

export function podView(
  podUid: string,
  listed: { readonly sandboxes: readonly SandboxState[]; readonly containers: readonly ContainerState[] },
): PodView {
  return {
    sandboxes: listed.sandboxes.filter((sandbox) => sandbox.podUid === podUid).sort(newestFirst),
    containers: listed.containers.filter((container) => container.podUid === podUid).sort(newestFirst),
  };
}

function newestFirst<T extends { attempt: number; createdAt: string }>(a: T, b: T): number {
  return b.attempt - a.attempt || Date.parse(b.createdAt) - Date.parse(a.createdAt);
}

export function latestOf(view: PodView, name: string): ContainerState | undefined {
  return view.containers.find((container) => container.name === name);
}

/** The sandbox the pod's containers belong to now: running, and the only one that does. */
export function activeSandbox(view: PodView, hostNetwork: boolean): SandboxState | undefined {
  const [newest] = view.sandboxes;
  const running = view.sandboxes.filter((sandbox) => sandbox.running);
  if (!newest?.running || running.length > 1) return undefined;
  return hostNetwork || newest.ips.length > 0 ? newest : undefined;
}

/** Whether the container was made in this sandbox, not in one before it. */
export function belongsTo(container: ContainerState, sandbox: SandboxState): boolean {
  if (container.sandboxId !== undefined) return container.sandboxId === sandbox.id;
  return Date.parse(container.createdAt) >= Math.floor(Date.parse(sandbox.createdAt) / 1000) * 1000;
}

/** When it ended; a container that could not be started ended when it was made. */
export function finishedAt(container: ContainerState): number {
  return Date.parse(container.finishedAt ?? container.createdAt);
}
