import type { LimitRange, LimitRangeItem, ResourceList } from "../../types/core/v1.ts";
import { createdAtColumn, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";

export const limitRangeStrategy = strategyFor<LimitRange>({
  hasGeneration: false,
  defaultObject(range) {
    for (const item of range.spec?.limits ?? []) if (item.type === "Container") defaultItem(item);
  },
});

/** max → default → defaultRequest ← min */
function defaultItem(item: LimitRangeItem): void {
  item.default = filled(item.default, item.max);
  item.defaultRequest = filled(filled(item.defaultRequest, item.default), item.min);
}

function filled(list: ResourceList | undefined, from: ResourceList | undefined): ResourceList {
  return { ...from, ...list };
}

export const limitRangeTable = table<LimitRange>([nameColumn, createdAtColumn], (range) => [
  range.metadata.name,
  range.metadata.creationTimestamp ?? null,
]);
