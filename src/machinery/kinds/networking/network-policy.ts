import type { NetworkPolicy, NetworkPolicyPort } from "../../types/networking/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { formatLabelSelector } from "../labels-format.ts";
import { strategyFor } from "../strategy-for.ts";
import { validateNetworkPolicy } from "./network-policy-validation.ts";

export const networkPolicyStrategy = strategyFor<NetworkPolicy>({
  validate: validateNetworkPolicy,
  defaultObject({ spec }) {
    if (spec === undefined) return;
    if (!spec.policyTypes?.length) {
      spec.policyTypes = ["Ingress"];
      if (spec.egress?.length) spec.policyTypes.push("Egress");
    }
    for (const rule of spec.ingress ?? []) defaultPorts(rule.ports);
    for (const rule of spec.egress ?? []) defaultPorts(rule.ports);
  },
});

function defaultPorts(ports: readonly NetworkPolicyPort[] | undefined): void {
  for (const port of ports ?? []) port.protocol ??= "TCP";
}

export const networkPolicyTable = table<NetworkPolicy>(
  [
    nameColumn,
    column(
      "Pod-Selector",
      "string",
      "podSelector selects the pods to which this NetworkPolicy object applies. The array of rules is applied to any pods selected by this field. An empty selector matches all pods in the policy's namespace. Multiple network policies can select the same set of pods. In this case, the ingress rules for each are combined additively. This field is optional. If it is not specified, it defaults to an empty selector.",
    ),
    ageColumn,
  ],
  (policy, now) => [policy.metadata.name, formatLabelSelector(policy.spec?.podSelector), age(policy, now)],
);
