import { builtinDefinitions } from "../../../src/machinery/kinds/index.ts";
import type { FieldError, ResourceDefinition } from "../../../src/machinery/kinds/types.ts";
import type { UnstructuredObject } from "../../../src/machinery/meta/object.ts";
import { fieldErrorText } from "../../../src/machinery/status/field-errors.ts";

export function definitionOf(kind: string, group?: string): ResourceDefinition {
  const found = builtinDefinitions().find(
    (each) => each.names.kind === kind && (group === undefined || each.group === group),
  );
  if (found === undefined) throw new Error(`no such kind: ${kind}`);
  return found;
}

/** An object of a kind as the strategies take it. The members are the test's own. */
export function objectOf(value: object): UnstructuredObject {
  return structuredClone(value) as UnstructuredObject;
}

export function defaulted(kind: string, value: object, group?: string): UnstructuredObject {
  const object = objectOf(value);
  definitionOf(kind, group).strategy.defaultObject?.(object);
  return object;
}

export function texts(errors: readonly FieldError[] | undefined): string[] {
  return (errors ?? []).map(fieldErrorText);
}

/** What is wrong with an object after its defaults. */
export function faults(kind: string, value: object, group?: string): string[] {
  return texts(definitionOf(kind, group).strategy.validate?.(defaulted(kind, value, group)));
}

export function updateFaults(kind: string, value: object, old: object, group?: string): string[] {
  return texts(
    definitionOf(kind, group).strategy.validateUpdate?.(defaulted(kind, value, group), defaulted(kind, old, group)),
  );
}

/** A row of kubectl get, by column name. `wide` columns too. */
export function row(kind: string, value: object, now: number, group?: string): Record<string, unknown> {
  const definition = definitionOf(kind, group);
  const cells = definition.cells(objectOf(value), now);
  return Object.fromEntries(definition.columns.map((column, i) => [column.name, cells[i]]));
}
