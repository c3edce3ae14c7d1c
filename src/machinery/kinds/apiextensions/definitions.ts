import type { CustomResourceDefinition } from "../../types/apiextensions/v1.ts";
import { createdAtColumn, nameColumn, table } from "../columns.ts";
import { defineGroup } from "../define.ts";
import { strategyFor } from "../strategy-for.ts";
import type { ResourceDefinition } from "../types.ts";

const definitionStrategy = strategyFor<CustomResourceDefinition>({
  defaultObject({ spec }) {
    if (spec === undefined) return;
    if (spec.names) {
      spec.names.singular ||= (spec.names.kind ?? "").toLowerCase();
      spec.names.listKind ||= `${spec.names.kind ?? ""}List`;
    }
    spec.conversion ??= { strategy: "None" };
    spec.conversion.strategy ||= "None";
    const service = spec.conversion.webhook?.clientConfig?.service;
    if (service) service.port ??= 443;
  },
  prepareForCreate(definition) {
    definition.status = {
      conditions: [],
      acceptedNames: { plural: "", kind: "" },
      storedVersions: (definition.spec.versions ?? [])
        .filter((version) => version.storage)
        .map((version) => version.name),
    };
  },
});

const definitionTable = table<CustomResourceDefinition>([nameColumn, createdAtColumn], (definition) => [
  definition.metadata.name,
  definition.metadata.creationTimestamp ?? null,
]);

export const apiextensionsDefinitions: readonly ResourceDefinition[] = defineGroup(
  "apiextensions.k8s.io",
  "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions",
  [
    {
      kind: "CustomResourceDefinition",
      plural: "customresourcedefinitions",
      shortNames: ["crd", "crds"],
      categories: ["api-extensions"],
      scope: "Cluster",
      status: true,
      strategy: definitionStrategy,
      table: definitionTable,
    },
  ],
);
