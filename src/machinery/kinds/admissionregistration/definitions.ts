import { defineGroup } from "../define.ts";
import type { ResourceDefinition } from "../types.ts";
import { policyBindingTable, policyStrategy, policyTable } from "./admission-policy.ts";
import { webhookConfigurationStrategy, webhookConfigurationTable } from "./webhook-configuration.ts";

const shared = { scope: "Cluster", categories: ["api-extensions"] } as const;

export const admissionregistrationDefinitions: readonly ResourceDefinition[] = defineGroup(
  "admissionregistration.k8s.io",
  "k8s.io/api/admissionregistration",
  [
    {
      kind: "MutatingAdmissionPolicy",
      plural: "mutatingadmissionpolicies",
      ...shared,
      table: policyTable,
      strategy: policyStrategy,
    },
    {
      kind: "MutatingAdmissionPolicyBinding",
      plural: "mutatingadmissionpolicybindings",
      ...shared,
      table: policyBindingTable,
    },
    {
      kind: "MutatingWebhookConfiguration",
      plural: "mutatingwebhookconfigurations",
      ...shared,
      strategy: webhookConfigurationStrategy,
      table: webhookConfigurationTable,
    },
    {
      kind: "ValidatingAdmissionPolicy",
      plural: "validatingadmissionpolicies",
      ...shared,
      status: true,
      strategy: policyStrategy,
      table: policyTable,
    },
    {
      kind: "ValidatingAdmissionPolicyBinding",
      plural: "validatingadmissionpolicybindings",
      ...shared,
      table: policyBindingTable,
    },
    {
      kind: "ValidatingWebhookConfiguration",
      plural: "validatingwebhookconfigurations",
      ...shared,
      strategy: webhookConfigurationStrategy,
      table: webhookConfigurationTable,
    },
  ],
);
