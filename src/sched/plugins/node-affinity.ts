import { compileLabels, compileTerm, type NodePredicate, namesIn } from "../../machinery/selectors/node-selector.ts";
import type { Node, Pod } from "../../machinery/types/core/v1.ts";
import type { Plugin, Refusal } from "../framework/types.ts";

const refusal: Refusal = { reasons: ["node(s) didn't match Pod's node affinity/selector"], resolvable: false };
const conflict: Refusal = { reasons: ["pod affinity terms conflict"], resolvable: false };

/** nodeSelector and node affinity, required and preferred. */
export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  sign(pod) {
    const { nodeSelector, affinity } = pod.pod.spec ?? {};
    if (!nodeSelector && !affinity?.nodeAffinity) return "";
    return JSON.stringify([nodeSelector, affinity?.nodeAffinity]);
  },
  filter(pod, snapshot) {
    const matches = required(pod.pod);
    if (!matches) return undefined;
    const only = namedNodes(pod.pod);
    if (only?.size === 0) return conflict;
    return {
      reads: "node",
      ...(only ? { only } : {}),
      passes(slot) {
        const node = snapshot.node(slot);
        return node !== undefined && matches(node);
      },
      refusal: () => refusal,
    };
  },
  score(pod, snapshot) {
    const preferred = pod.pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (preferred.length === 0) return undefined;
    const terms = preferred.map(({ weight, preference }) => ({ weight, matches: compilePreference(preference) }));
    return {
      reads: "node",
      normalize: "highest",
      score(slot) {
        const node = snapshot.node(slot);
        let sum = 0;
        if (node) for (const { weight, matches } of terms) if (matches(node)) sum += weight;
        return sum;
      },
    };
  },
  mayHelp(pod, event) {
    if (event.kind === "podFreed") return false;
    const matches = required(pod.pod) ?? (() => true);
    return matches(event.node) && (event.kind === "nodeAdded" || !matches(event.old));
  },
};

/** An empty preference, unlike an empty required term, suits every node. */
function compilePreference(preference: Parameters<typeof compileTerm>[0]): NodePredicate {
  const empty = !preference.matchExpressions?.length && !preference.matchFields?.length;
  return empty ? () => true : compileTerm(preference);
}

function required(pod: Pod): NodePredicate | undefined {
  const selector = pod.spec?.nodeSelector;
  const affinity = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const labels = selector && Object.keys(selector).length > 0 ? compileLabels(selector) : undefined;
  if (!affinity) return labels;
  const terms = (affinity.nodeSelectorTerms ?? []).map(compileTerm);
  return (node: Node) => (!labels || labels(node)) && terms.some((term) => term(node));
}

/** The nodes that the terms name, where every term does: DaemonSet pods go to one node each. */
function namedNodes(pod: Pod): ReadonlySet<string> | undefined {
  const affinity = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!affinity?.nodeSelectorTerms?.length) return undefined;
  const names = new Set<string>();
  for (const term of affinity.nodeSelectorTerms) {
    const some = namesIn(term);
    if (!some) return undefined;
    for (const name of some) names.add(name);
  }
  return names;
}
