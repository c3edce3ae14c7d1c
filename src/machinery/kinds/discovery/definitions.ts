import { defineGroup } from "../define.ts";
import type { ResourceDefinition } from "../types.ts";
import { endpointSliceStrategy, endpointSliceTable } from "./endpoint-slice.ts";

export const discoveryDefinitions: readonly ResourceDefinition[] = defineGroup(
  "discovery.k8s.io",
  "k8s.io/api/discovery",
  [
    {
      kind: "EndpointSlice",
      plural: "endpointslices",
      strategy: endpointSliceStrategy,
      table: endpointSliceTable,
    },
  ],
);
