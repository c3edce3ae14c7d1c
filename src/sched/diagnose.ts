import type { CompiledPod } from "./framework/compiled-pod.ts";
import type { Diagnosis, NodeRefusal } from "./framework/diagnosis.ts";
import type { Refusal } from "./framework/types.ts";
import type { Snapshot } from "./snapshot/snapshot.ts";

/** Collects the refusals of all nodes. `refusedBy(slot)`: the index of the filter that refused; negative where none did. */
export function diagnose(snapshot: Snapshot, pod: CompiledPod, refusedBy: (slot: number) => number): Diagnosis {
  const { nodeCount } = snapshot;
  if (pod.refused) return { nodeCount, refusals: [], preFilter: pod.refused };
  const groups = new Map<string, NodeRefusal & { nodes: string[] }>();
  const put = (plugin: string, refusal: Refusal, slot: number): void => {
    const { reasons, resolvable, detail } = refusal;
    const key = `${plugin}\n${resolvable}\n${detail ?? ""}\n${reasons.join("\n")}`;
    const group = groups.get(key) ?? { ...refusal, plugin, nodes: [] };
    groups.set(key, group);
    group.nodes.push(snapshot.nodeName(slot));
  };
  const elsewhere = pod.only && {
    reasons: [`node(s) didn't satisfy plugin(s) [${pod.only.plugins.join(" ")}]`],
    resolvable: false,
  };
  for (let slot = 0; slot < snapshot.end; slot++) {
    if (snapshot.present[slot] !== 1) continue;
    if (elsewhere && !pod.only?.names.has(snapshot.nodeName(slot))) {
      put(pod.only?.plugins[0] ?? "", elsewhere, slot);
      continue;
    }
    const refusing = pod.filters[refusedBy(slot)];
    if (refusing) put(refusing.plugin, refusing.filter.refusal(slot), slot);
  }
  return { nodeCount, refusals: [...groups.values()] };
}
