import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import type { Resource } from "../registry/resource.ts";
import { equalJson } from "../serialize/json.ts";

/** Whether the kind counts generations: where the strategy does not say, kinds with a spec do. */
export function hasGeneration(resource: Resource, object: UnstructuredObject): boolean {
  return resource.definition.strategy.hasGeneration ?? Object.hasOwn(object, "spec");
}

/** Whether anything but metadata and status differs. */
export function desiredStateDiffers(object: UnstructuredObject, old: UnstructuredObject): boolean {
  for (const key in object) if (counts(key) && !equalJson(object[key], old[key])) return true;
  for (const key in old) if (counts(key) && object[key] === undefined && old[key] !== undefined) return true;
  return false;
}

function counts(key: string): boolean {
  return key !== "metadata" && key !== "status" && key !== "apiVersion" && key !== "kind";
}
