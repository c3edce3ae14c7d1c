/** What the audit log is told: https://kubernetes.io/docs/reference/labels-annotations-taints/audit-annotations/ */
import { detailText, violations } from "../../../machinery/pod-security/checks.ts";
import { type LevelVersion, type policyOf, standardText } from "../../../machinery/pod-security/policy.ts";
import type { Violation } from "../../../machinery/pod-security/words.ts";
import type { PodSpec } from "../../../machinery/types/core/v1.ts";
import type { ObjectMeta } from "../../../machinery/types/meta/v1.ts";

/** What a namespace asks for, and what of it is wrong. */
export type Judgement = ReturnType<typeof policyOf>;

const prefix = "pod-security.kubernetes.io/";
/** Why the request is not looked at. */
export const exempt = `${prefix}exempt`;
/** What pods are held against; workloads are not. */
export const enforced = `${prefix}enforce-policy`;
const audited = `${prefix}audit-violations`;
const failed = `${prefix}error`;

/** `pods`: the request is for a pod itself, not for what will make some. */
export function annotationsOf(
  { policy, errors }: Judgement,
  spec: PodSpec,
  metadata: ObjectMeta,
  pods: boolean,
): Readonly<Record<string, string>> {
  const found = violations(policy.audit, spec, metadata);
  return {
    ...(errors.length === 0 ? {} : { [failed]: `Failed to parse policy: ${aggregated(errors)}` }),
    ...(pods ? { [enforced]: standardText(policy.enforce) } : {}),
    ...(found.length === 0 ? {} : { [audited]: `would violate ${violationText(policy.audit, found)}` }),
  };
}

export function violationText(standard: LevelVersion, found: readonly Violation[]): string {
  return `PodSecurity "${standardText(standard)}": ${detailText(found)}`;
}

/** As Go prints several errors. */
function aggregated(errors: Judgement["errors"]): string {
  const texts = errors.map(({ field, message }) => `${field}: ${message}`);
  return texts.length === 1 ? (texts[0] ?? "") : `[${texts.join(", ")}]`;
}
