import { describe, expect, it } from "vitest";
import { builtinResources, findBuiltin, findBuiltinKind } from "../../src/cli/rest/builtin-resources.ts";
import { builtinDefinitions } from "../../src/machinery/kinds/index.ts";

describe("the table of built-in resources", () => {
  it.each(builtinResources().map((resource) => [`${resource.plural}.${resource.group}`, resource] as const))(
    "%s is what the server serves",
    (_, resource) => {
      const definition = builtinDefinitions().find(
        ({ group, names }) => group === resource.group && names.plural === resource.plural,
      );
      expect(resource).toEqual({
        group: definition?.group,
        version: definition?.versions[0]?.name,
        plural: definition?.names.plural,
        singular: definition?.names.singular,
        kind: definition?.names.kind,
        namespaced: definition?.scope === "Namespaced",
        shortNames: definition?.names.shortNames ?? [],
        categories: [],
      });
    },
  );

  it.each([
    ["po", "pods"],
    ["Deployment", "deployments"],
    ["deployments.apps", "deployments"],
    ["deploy.v1.apps", "deployments"],
    ["ev", "events"],
  ])("knows %s", (word, plural) => expect(findBuiltin(word)?.plural).toBe(plural));

  it("leaves what it does not know to discovery", () => {
    expect(["widgets", "pods.example.com", "all", "deployments.v1beta1.apps"].map(findBuiltin)).toEqual(
      Array(4).fill(undefined),
    );
    expect(findBuiltinKind("apps/v1", "Deployment")?.plural).toBe("deployments");
    expect(findBuiltinKind("apps/v1beta1", "Deployment")).toBeUndefined();
  });
});
