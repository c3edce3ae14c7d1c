import type { Resource } from "../registry/resource.ts";

/** Whether it is this kind, in whatever version. */
export function isKind({ group, resource }: Resource, wantedGroup: string, plural: string): boolean {
  return resource === plural && group === wantedGroup;
}

export function isPods(resource: Resource): boolean {
  return isKind(resource, "", "pods");
}
