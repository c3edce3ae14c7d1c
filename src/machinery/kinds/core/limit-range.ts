import { readQuantity } from "../../quantity/read.ts";
import { duplicate, fieldForbidden, invalidValue, required } from "../../status/field-errors.ts";
import type { LimitRange, LimitRangeItem, ResourceList } from "../../types/core/v1.ts";
import { createdAtColumn, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import type { FieldError } from "../types.ts";
import type { Errors } from "../validation/checks.ts";
import { checkResourceList } from "../validation/resources.ts";

export const limitRangeStrategy = strategyFor<LimitRange>({
  hasGeneration: false,
  validate: validateLimitRange,
  defaultObject(range) {
    for (const item of range.spec?.limits ?? []) if (item.type === "Container") defaultItem(item);
  },
});

function validateLimitRange(range: LimitRange): FieldError[] {
  const errors: Errors = [];
  const types = new Set<string>();
  for (const [i, item] of (range.spec?.limits ?? []).entries()) {
    const at = `spec.limits[${i}]`;
    if (!item.type) errors.push(required(`${at}.type`));
    else if (types.has(item.type)) errors.push(duplicate(`${at}.type`, item.type));
    types.add(item.type);
    for (const list of lists) checkResourceList(errors, `${at}.${list}`, item[list]);
    if (item.type === "Pod") {
      for (const list of ["default", "defaultRequest"] as const) {
        if (item[list] && Object.keys(item[list]).length > 0) {
          errors.push(fieldForbidden(`${at}.${list}`, "may not be specified when `type` is 'Pod'"));
        }
      }
    }
    checkOrder(errors, at, item);
  }
  return errors;
}

const lists = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;

/** min ≤ defaultRequest ≤ default ≤ max */
const order = [
  ["min", "max"],
  ["min", "defaultRequest"],
  ["defaultRequest", "max"],
  ["defaultRequest", "default"],
  ["min", "default"],
  ["default", "max"],
] as const;

function checkOrder(errors: Errors, at: string, item: LimitRangeItem): void {
  for (const [small, large] of order) {
    for (const name in item[small]) {
      const low = item[small]?.[name];
      // A name may be "__proto__".
      const high = item[large] && Object.hasOwn(item[large], name) ? item[large][name] : undefined;
      if (low === undefined || high === undefined || readQuantity(low).compare(readQuantity(high)) <= 0) continue;
      const field = large === "max" ? small : large;
      const reason = `${wording[small]} value ${low} is greater than ${wording[large]} value ${high}`;
      errors.push(invalidValue(`${at}.${field}[${name}]`, field === small ? low : high, reason));
    }
  }
}

const wording = {
  min: "min",
  max: "max",
  default: "default",
  defaultRequest: "default request",
} as const;

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
