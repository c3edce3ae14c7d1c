import type { Node } from "../../../types/core/v1.ts";
import { strategyFor } from "../../strategy-for.ts";
import { validateNode, validateNodeUpdate } from "./validation.ts";

export const nodeStrategy = strategyFor<Node>({
  hasGeneration: false,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  defaultObject(node) {
    const { spec, status } = node;
    if (spec?.podCIDR && !spec.podCIDRs?.length) spec.podCIDRs = [spec.podCIDR];
    else if (spec?.podCIDRs?.[0] && !spec.podCIDR) spec.podCIDR = spec.podCIDRs[0];
    if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity };
  },
});
