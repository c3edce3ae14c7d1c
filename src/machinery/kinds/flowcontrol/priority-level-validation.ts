import { fieldForbidden, invalidValue, notSupported, required } from "../../status/field-errors.ts";
import type {
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from "../../types/flowcontrol/v1.ts";
import type { FieldError } from "../types.ts";
import { checkNotNegative, type Errors } from "../validation/checks.ts";

export function validatePriorityLevel(level: PriorityLevelConfiguration): FieldError[] {
  const errors: Errors = [];
  const { spec } = level;
  const name = level.metadata.name ?? "";
  if (spec === undefined) return errors;
  if ((name === "exempt") !== (spec.type === "Exempt")) {
    const wanted = "type must be 'Exempt' if and only if name is 'exempt'";
    errors.push(invalidValue("spec.type", spec.type, wanted));
  }
  switch (spec.type) {
    case "Exempt":
      if (spec.limited) errors.push(fieldForbidden("spec.limited", "must be nil if the type is not Limited"));
      if (spec.exempt) checkShares(errors, "spec.exempt", spec.exempt);
      break;
    case "Limited":
      if (spec.exempt) errors.push(fieldForbidden("spec.exempt", "must be nil if the type is Limited"));
      if (!spec.limited) errors.push(required("spec.limited", "must not be empty when type is Limited"));
      else checkLimited(errors, "spec.limited", spec.limited);
      break;
    default:
      errors.push(notSupported("spec.type", spec.type, ["Exempt", "Limited"]));
  }
  return errors;
}

interface Shares {
  readonly nominalConcurrencyShares?: number;
  readonly lendablePercent?: number;
}

function checkShares(errors: Errors, path: string, { nominalConcurrencyShares, lendablePercent }: Shares): void {
  checkNotNegative(errors, `${path}.nominalConcurrencyShares`, nominalConcurrencyShares);
  if (lendablePercent !== undefined && (lendablePercent < 0 || lendablePercent > 100)) {
    errors.push(invalidValue(`${path}.lendablePercent`, lendablePercent, "must be between 0 and 100, inclusive"));
  }
}

function checkLimited(errors: Errors, path: string, limited: LimitedPriorityLevelConfiguration): void {
  checkShares(errors, path, limited);
  const borrowing = limited.borrowingLimitPercent;
  if (borrowing !== undefined && borrowing < 0) {
    const reason = "if specified, must be greater than or equal to 0";
    errors.push(invalidValue(`${path}.borrowingLimitPercent`, borrowing, reason));
  }
  const { type, queuing } = limited.limitResponse ?? { type: "" };
  const at = `${path}.limitResponse`;
  if (type === "Reject") {
    if (queuing)
      errors.push(fieldForbidden(`${at}.queuing`, "must be nil if limited.limitResponse.type is not Limited"));
  } else if (type === "Queue") {
    if (!queuing) {
      errors.push(required(`${at}.queuing`, "must not be empty if limited.limitResponse.type is Limited"));
    } else checkQueuing(errors, `${at}.queuing`, queuing);
  } else errors.push(notSupported(`${at}.type`, type, ["Queue", "Reject"]));
}

/** The product of queues that many hands of cards are dealt from must fit 60 bits. */
const mostEntropyBits = 60;

function checkQueuing(errors: Errors, path: string, queuing: QueuingConfiguration): void {
  const { queueLengthLimit = 0, queues = 0, handSize = 0 } = queuing;
  if (queueLengthLimit <= 0) {
    errors.push(invalidValue(`${path}.queueLengthLimit`, queueLengthLimit, "must be positive"));
  }
  if (queues <= 0) errors.push(invalidValue(`${path}.queues`, queues, "must be positive"));
  else if (queues > 10_000_000) {
    errors.push(invalidValue(`${path}.queues`, queues, "must not be greater than 10000000"));
  }
  if (handSize <= 0) {
    errors.push(invalidValue(`${path}.handSize`, handSize, "must be positive"));
  } else if (handSize > queues) {
    const reason = `should not be greater than queues (${queues})`;
    errors.push(invalidValue(`${path}.handSize`, handSize, reason));
  } else {
    let bits = 0;
    for (let i = 0; i < handSize && bits <= mostEntropyBits; i++) bits += Math.log2(queues - i);
    if (Math.ceil(bits) > mostEntropyBits) {
      const reason = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${mostEntropyBits}`;
      errors.push(invalidValue(`${path}.handSize`, handSize, reason));
    }
  }
}
