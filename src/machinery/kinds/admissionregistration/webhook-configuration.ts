import type { MutatingWebhookConfiguration } from "../../types/admissionregistration/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";

/** Validating and mutating webhooks differ in reinvocationPolicy alone, which the table's own default fills in. */
export const webhookConfigurationStrategy = strategyFor<MutatingWebhookConfiguration>({
  hasGeneration: true,
  defaultObject(configuration) {
    for (const webhook of configuration.webhooks ?? []) {
      webhook.failurePolicy ??= "Fail";
      webhook.matchPolicy ??= "Equivalent";
      webhook.namespaceSelector ??= {};
      webhook.objectSelector ??= {};
      webhook.timeoutSeconds ??= 10;
      if (configuration.kind === "MutatingWebhookConfiguration") webhook.reinvocationPolicy ??= "Never";
      if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443;
      for (const rule of webhook.rules ?? []) rule.scope ??= "*";
    }
  },
});

export const webhookConfigurationTable = table<MutatingWebhookConfiguration>(
  [
    nameColumn,
    column("Webhooks", "integer", "Webhooks indicates the number of webhooks registered in this configuration"),
    ageColumn,
  ],
  (configuration, now) => [configuration.metadata.name, configuration.webhooks?.length ?? 0, age(configuration, now)],
);
