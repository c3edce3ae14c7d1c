/** The `TYPE NAME…`, `TYPE/NAME…` and `TYPE,TYPE` forms in which kubectl takes resources. */
import { ExitError } from "../exit-error.ts";
import type { ApiResource, ResourceMapping } from "./resource-mapping.ts";

export interface ResourceArgument {
  readonly resource: ApiResource;
  /** Empty: all of them. */
  readonly names: readonly string[];
  /** Written as TYPE/NAME: kubectl then prints names with their kind. */
  readonly slashed: boolean;
}

export async function parseResourceArguments(
  mapping: ResourceMapping,
  words: readonly string[],
): Promise<readonly ResourceArgument[]> {
  const [first, ...rest] = words;
  if (first === undefined) throw new ExitError(1, "error: you must specify the type of resource");
  if (words.some((word) => word.includes("/"))) return parseSlashed(mapping, words);
  const types = first.split(",").filter((type) => type !== "");
  const resources: ApiResource[] = [];
  for (const type of types) {
    const members = await mapping.category(type);
    if (members.length > 0) resources.push(...members);
    else resources.push(await mapping.resolve(type));
  }
  return resources.map((resource) => ({ resource, names: rest, slashed: false }));
}

async function parseSlashed(mapping: ResourceMapping, words: readonly string[]): Promise<readonly ResourceArgument[]> {
  const parsed: { resource: ApiResource; names: string[]; slashed: true }[] = [];
  for (const word of words) {
    const [type, name, more] = word.split("/");
    if (name === undefined) {
      throw new ExitError(
        1,
        "error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
      );
    }
    if (!type || name === "" || more !== undefined) {
      throw new ExitError(1, "error: arguments in resource/name form must have a single resource and name");
    }
    const resource = await mapping.resolve(type);
    const last = parsed.at(-1);
    if (last?.resource === resource) last.names.push(name);
    else parsed.push({ resource, names: [name], slashed: true });
  }
  return parsed;
}
