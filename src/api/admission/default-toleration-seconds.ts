import type { Pod, Toleration } from "../../machinery/types/core/v1.ts";
import { isPods } from "./concerns.ts";
import type { AdmissionPlugin } from "./types.ts";

const unhealthy = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] as const;

/** How long a pod stays on a node that is not ready or cannot be reached. */
const defaultSeconds = 300;

/** https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#defaulttolerationseconds */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: "DefaultTolerationSeconds",
  handles: (operation, resource, subresource) =>
    isPods(resource) && subresource === "" && (operation === "CREATE" || operation === "UPDATE"),
  admit({ object }) {
    const { spec } = object as Pod;
    if (spec === undefined) return;
    for (const key of unhealthy) {
      if (spec.tolerations?.some((toleration) => covers(toleration, key))) continue;
      spec.tolerations ??= [];
      spec.tolerations.push({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: defaultSeconds });
    }
  },
};

function covers(toleration: Toleration, key: string): boolean {
  return (!toleration.key || toleration.key === key) && (!toleration.effect || toleration.effect === "NoExecute");
}
