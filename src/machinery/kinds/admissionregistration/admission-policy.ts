import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "../../types/admissionregistration/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";

export const policyStrategy = strategyFor<ValidatingAdmissionPolicy>({
  defaultObject({ spec }) {
    if (spec === undefined) return;
    spec.failurePolicy ??= "Fail";
    const match = spec.matchConstraints;
    if (match === undefined) return;
    match.matchPolicy ??= "Equivalent";
    match.namespaceSelector ??= {};
    match.objectSelector ??= {};
    for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= "*";
  },
});

export const policyTable = table<ValidatingAdmissionPolicy>(
  [
    nameColumn,
    column(
      "Validations",
      "integer",
      "Validations indicates the number of validation rules defined in this configuration",
    ),
    column("ParamKind", "string", "ParamKind specifies the kind of resources used to parameterize this policy"),
    ageColumn,
  ],
  (policy, now) => {
    const kind = policy.spec?.paramKind;
    const mutations = (policy.spec as { mutations?: readonly unknown[] } | undefined)?.mutations;
    return [
      policy.metadata.name,
      (mutations ?? policy.spec?.validations ?? []).length,
      kind ? `${kind.apiVersion}/${kind.kind}` : "<unset>",
      age(policy, now),
    ];
  },
);

export const policyBindingTable = table<ValidatingAdmissionPolicyBinding>(
  [
    nameColumn,
    column("PolicyName", "string", "PolicyName indicates the policy definition which the policy binding binded to"),
    column("ParamRef", "string", "ParamRef indicates the param resource which sets the configration param"),
    ageColumn,
  ],
  (binding, now) => {
    const param = binding.spec?.paramRef;
    const reference = param?.name
      ? param.namespace
        ? `${param.namespace}/${param.name}`
        : `*/${param.name}`
      : param?.selector
        ? "<selector>"
        : "<unset>";
    return [binding.metadata.name, binding.spec?.policyName ?? "", reference, age(binding, now)];
  },
);
