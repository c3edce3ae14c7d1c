import type { ResourceClaim, ResourceSlice } from "../../types/resource/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { defineGroup } from "../define.ts";
import { selectable } from "../selectable.ts";
import { strategyFor } from "../strategy-for.ts";
import type { ResourceDefinition } from "../types.ts";

const claimTable = table<ResourceClaim>(
  [
    nameColumn,
    column("State", "string", "A summary of the current state (allocated, pending, reserved, etc.)."),
    ageColumn,
  ],
  (claim, now) => [claim.metadata.name, claimState(claim), age(claim, now)],
);

function claimState(claim: ResourceClaim): string {
  const states: string[] = [];
  if (claim.metadata.deletionTimestamp !== undefined) states.push("deleted");
  if (claim.status?.allocation === undefined) states.push("pending");
  else {
    states.push("allocated");
    states.push((claim.status.reservedFor?.length ?? 0) > 0 ? "reserved" : "");
  }
  return states.filter(Boolean).join(",");
}

const sliceTable = table<ResourceSlice>(
  [
    nameColumn,
    column(
      "Node",
      "string",
      "NodeName identifies the node which provides the resources in this pool. A field selector can be used to list only ResourceSlice objects belonging to a certain node.",
    ),
    column(
      "Driver",
      "string",
      "Driver identifies the DRA driver providing the capacity information. A field selector can be used to list only ResourceSlice objects with a certain driver name.",
    ),
    column("Pool", "string", "The name of the pool this slice belongs to."),
    ageColumn,
  ],
  (slice, now) => [
    slice.metadata.name,
    slice.spec?.nodeName || (slice.spec?.allNodes ? "<all>" : slice.spec?.nodeSelector ? "<some>" : "<unset>"),
    slice.spec?.driver ?? "",
    slice.spec?.pool?.name ?? "",
    age(slice, now),
  ],
);

export const resourceDefinitions: readonly ResourceDefinition[] = defineGroup(
  "resource.k8s.io",
  "k8s.io/api/resource",
  [
    { kind: "DeviceClass", plural: "deviceclasses", scope: "Cluster" },
    {
      kind: "ResourceClaim",
      plural: "resourceclaims",
      status: true,
      strategy: strategyFor<ResourceClaim>({
        hasGeneration: false,
        prepareForCreate(claim) {
          claim.status = {};
        },
      }),
      table: claimTable,
    },
    { kind: "ResourceClaimTemplate", plural: "resourceclaimtemplates", strategy: { hasGeneration: false } },
    {
      kind: "ResourceSlice",
      plural: "resourceslices",
      scope: "Cluster",
      table: sliceTable,
      selectableFields: selectable(["spec.nodeName", "spec.driver"]),
    },
  ],
);
