import type { ResourceDefinition } from "../../machinery/kinds/types.ts";
import { apiVersionOf, type GroupVersionResource } from "../../machinery/meta/object.ts";

export interface ResolvedKind extends GroupVersionResource {
  readonly namespaced: boolean;
}

/** Finds the resource that an owner reference means, in any served version. */
export class KindResolver {
  readonly #definitions: () => readonly ResourceDefinition[];
  #known = new Map<string, ResolvedKind>();

  constructor(definitions: () => readonly ResourceDefinition[]) {
    this.#definitions = definitions;
  }

  /** Throws on what is not served (now: a custom kind may yet come). */
  resolve(apiVersion: string, kind: string): ResolvedKind {
    const key = `${apiVersion}/${kind}`;
    let resolved = this.#known.get(key);
    if (!resolved) {
      this.#read();
      resolved = this.#known.get(key);
    }
    if (!resolved) throw new Error(`unable to get REST mapping for ${key}.`);
    return resolved;
  }

  #read(): void {
    const known = new Map<string, ResolvedKind>();
    for (const { group, names, scope, versions, verbs } of this.#definitions()) {
      if (verbs && !verbs.includes("get")) continue;
      for (const { name: version } of versions) {
        const resolved = { group, version, resource: names.plural, namespaced: scope === "Namespaced" };
        known.set(`${apiVersionOf({ group, version })}/${names.kind}`, resolved);
      }
    }
    this.#known = known;
  }
}
