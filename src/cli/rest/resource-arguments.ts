/** The `TYPE NAME…`, `TYPE/NAME…` and `TYPE,TYPE` forms in which kubectl takes resources. Errors are in its words. */
import { ExitError } from "../exit-error.ts";
import { type ApiResource, pathOf, type ResourceMapping } from "./resource-mapping.ts";

export interface ResourceArgument {
  readonly resource: ApiResource;
  /** Empty: all of them. */
  readonly names: readonly string[];
}

export const nothingNamed = `error: You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

export async function parseResourceArguments(
  mapping: ResourceMapping,
  words: readonly string[],
): Promise<readonly ResourceArgument[]> {
  const [first, ...names] = words;
  if (first === undefined) throw new ExitError(1, nothingNamed);
  if (words.some((word) => word.includes("/"))) return parseSlashed(mapping, words);
  return (await resourcesOf(mapping, first)).map((resource) => ({ resource, names }));
}

/** "pods,deploy", "all": each once. */
async function resourcesOf(mapping: ResourceMapping, types: string): Promise<readonly ApiResource[]> {
  const resources = new Map<string, ApiResource>();
  for (const type of types.split(",").filter((part) => part !== "")) {
    for (const resource of await mapping.resolveAll(type)) resources.set(pathOf(resource, undefined), resource);
  }
  return [...resources.values()];
}

async function parseSlashed(mapping: ResourceMapping, words: readonly string[]): Promise<readonly ResourceArgument[]> {
  const parsed: { resource: ApiResource; names: string[] }[] = [];
  for (const word of words) {
    const [type, name, more] = word.split("/");
    if (name === undefined) {
      throw new ExitError(
        1,
        "error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kl get resource/<resource_name>' instead of 'kl get resource resource/<resource_name>'",
      );
    }
    if (more !== undefined) {
      throw new ExitError(1, "error: arguments in resource/name form may not have more than one slash");
    }
    if (!type || name === "" || type.includes(",")) {
      throw new ExitError(1, "error: arguments in resource/name form must have a single resource and name");
    }
    const resource = await mapping.resolve(type);
    const last = parsed.at(-1);
    if (last?.resource === resource) last.names.push(name);
    else parsed.push({ resource, names: [name] });
  }
  return parsed;
}
