import type { KubeObject } from "../../machinery/meta/object.ts";

/** Prints one object, or a List of them. */
export type ObjectPrinter = (object: object) => string;

/** The items of a List; anything else counts as its own only item. */
export function itemsOf(object: object): readonly KubeObject[] {
  const { items } = object as { items?: readonly KubeObject[] };
  return Array.isArray(items) ? items : [object as KubeObject];
}
