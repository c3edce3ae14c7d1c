import { configMapKeyRule } from "../../meta/names.ts";
import { invalidValue, tooLong } from "../../status/field-errors.ts";
import type { ConfigMap } from "../../types/core/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import type { FieldError } from "../types.ts";
import { checkRule, type Errors } from "../validation/checks.ts";
import { checkImmutableData } from "./immutable-data.ts";

export const configMapStrategy = strategyFor<ConfigMap>({
  hasGeneration: false,
  validate: validateConfigMap,
  validateUpdate(map, old) {
    const errors: Errors = [];
    checkImmutableData(errors, map, old, ["data", "binaryData"]);
    return errors;
  },
});

/** Keys and values together: what fits into one object. Secrets have the same limit. */
const maxBytes = 1024 * 1024;

function validateConfigMap(map: ConfigMap): FieldError[] {
  const errors: Errors = [];
  let size = 0;
  for (const key in map.data) {
    checkRule(errors, `data[${key}]`, key, configMapKeyRule);
    if (map.binaryData?.[key] !== undefined) {
      errors.push(invalidValue(`data[${key}]`, key, "duplicate of key present in binaryData"));
    }
    size += Buffer.byteLength(map.data[key] ?? "");
  }
  for (const key in map.binaryData) {
    checkRule(errors, `binaryData[${key}]`, key, configMapKeyRule);
    if (map.data?.[key] !== undefined) {
      errors.push(invalidValue(`binaryData[${key}]`, key, "duplicate of key present in data"));
    }
    size += Buffer.byteLength(map.binaryData[key] ?? "", "base64");
  }
  if (size > maxBytes) errors.push(tooLong("", maxBytes));
  return errors;
}

export const configMapTable = table<ConfigMap>(
  [
    nameColumn,
    column(
      "Data",
      "string",
      "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process.",
    ),
    ageColumn,
  ],
  (map, now) => [
    map.metadata.name,
    Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length,
    age(map, now),
  ],
);
