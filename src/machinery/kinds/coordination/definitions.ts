import type { Lease } from "../../types/coordination/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { defineGroup } from "../define.ts";
import { strategyFor } from "../strategy-for.ts";
import type { ResourceDefinition } from "../types.ts";

const leaseTable = table<Lease>(
  [
    nameColumn,
    column(
      "Holder",
      "string",
      "holderIdentity contains the identity of the holder of a current lease. If Coordinated Leader Election is used, the holder identity must be equal to the elected LeaseCandidate.metadata.name field.",
    ),
    ageColumn,
  ],
  (lease, now) => [lease.metadata.name, lease.spec?.holderIdentity ?? "", age(lease, now)],
);

export const coordinationDefinitions: readonly ResourceDefinition[] = defineGroup(
  "coordination.k8s.io",
  "k8s.io/api/coordination",
  [
    {
      kind: "Lease",
      plural: "leases",
      strategy: strategyFor<Lease>({
        allowCreateOnUpdate: true,
        allowUnconditionalUpdate: false,
        hasGeneration: false,
      }),
      table: leaseTable,
    },
  ],
);
