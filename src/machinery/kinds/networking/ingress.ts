import type { Ingress, IngressRule } from "../../types/networking/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { loadBalancerAddresses } from "../core/service/table.ts";
import { strategyFor } from "../strategy-for.ts";
import { ingressWarnings, validateIngress } from "./ingress-validation.ts";

export const ingressStrategy = strategyFor<Ingress>({
  validate: validateIngress,
  warnings: ingressWarnings,
  defaultObject(ingress) {
    ingress.status ??= {};
    ingress.status.loadBalancer ??= {};
  },
  prepareForCreate(ingress) {
    ingress.status = { loadBalancer: {} };
  },
});

export const ingressTable = table<Ingress>(
  [
    nameColumn,
    column("Class", "string", "The name of the IngressClass resource that should be used for additional configuration"),
    column("Hosts", "string", "Hosts that incoming requests are matched against before the ingress rule"),
    column("Address", "string", "Address is a list containing ingress points for the load-balancer"),
    column("Ports", "string", "Ports of TLS configurations that open"),
    ageColumn,
  ],
  (ingress, now) => [
    ingress.metadata.name,
    ingress.spec?.ingressClassName ?? ingress.metadata.annotations?.["kubernetes.io/ingress.class"] ?? "<none>",
    hosts(ingress.spec?.rules ?? []),
    loadBalancerAddresses(ingress.status?.loadBalancer).join(","),
    ingress.spec?.tls?.length ? "80, 443" : "80",
    age(ingress, now),
  ],
);

const shown = 3;

function hosts(rules: readonly IngressRule[]): string {
  const named = rules.filter((rule) => rule.host);
  if (named.length === 0) return "*";
  const list = named.slice(0, shown).map((rule) => rule.host);
  return named.length > shown ? `${list.join(",")} + ${named.length - shown} more...` : list.join(",");
}
