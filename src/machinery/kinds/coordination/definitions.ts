import { fieldForbidden, invalidValue } from "../../status/field-errors.ts";
import type { Lease } from "../../types/coordination/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { defineGroup } from "../define.ts";
import { strategyFor } from "../strategy-for.ts";
import type { ResourceDefinition } from "../types.ts";
import type { Errors } from "../validation/checks.ts";

const leaseStrategy = strategyFor<Lease>({
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  hasGeneration: false,
  validate({ spec }) {
    const errors: Errors = [];
    if (spec?.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0) {
      errors.push(invalidValue("spec.leaseDurationSeconds", spec.leaseDurationSeconds, "must be greater than 0"));
    }
    if (spec?.leaseTransitions !== undefined && spec.leaseTransitions < 0) {
      const reason = "must be greater than or equal to 0";
      errors.push(invalidValue("spec.leaseTransitions", spec.leaseTransitions, reason));
    }
    if (spec?.preferredHolder && !spec.strategy) {
      errors.push(fieldForbidden("spec.preferredHolder", "may only be specified when `strategy` is defined"));
    }
    return errors;
  },
});

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
      strategy: leaseStrategy,
      table: leaseTable,
    },
  ],
);
