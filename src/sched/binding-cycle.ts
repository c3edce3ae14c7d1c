/** What follows a plan: Reserve, Permit, PreBind, Bind, PostBind, and the way back when one of them fails. */
import type { Profile, Refusal } from "./framework/types.ts";
import type { PodInfo } from "./snapshot/pod-info.ts";

/** A plugin's refusal after the plan: the pod is unschedulable for now, by that plugin's word. */
export class RefusedError extends Error {
  override name = "RefusedError";
  readonly plugin: string;
  constructor(plugin: string, refusal: Refusal) {
    super(refusal.reasons.join(", "));
    this.plugin = plugin;
  }
}

/** Reserve. Throws RefusedError. */
export function reserve(profile: Profile, pod: PodInfo, nodeName: string): void {
  for (const { plugin } of profile) {
    const refusal = plugin.reserve?.(pod, nodeName);
    if (refusal) throw new RefusedError(plugin.name, refusal);
  }
}

/** In the opposite order, every plugin. */
export function unreserve(profile: Profile, pod: PodInfo, nodeName: string): void {
  for (let i = profile.length - 1; i >= 0; i--) profile[i]?.plugin.unreserve?.(pod, nodeName);
}

/** Resolves when the pod is bound. Throws RefusedError, or what a plugin threw. */
export async function bind(profile: Profile, pod: PodInfo, nodeName: string, signal: AbortSignal): Promise<void> {
  for (const { plugin } of profile) {
    const refusal = await plugin.permit?.(pod, nodeName, signal);
    if (refusal) throw new RefusedError(plugin.name, refusal);
  }
  for (const { plugin } of profile) await plugin.preBind?.(pod, nodeName);
  const binder = profile.find(({ plugin }) => plugin.bind);
  if (!binder) throw new Error("no plugin of the profile binds");
  await binder.plugin.bind?.(pod, nodeName);
  for (const { plugin } of profile) plugin.postBind?.(pod, nodeName);
}
