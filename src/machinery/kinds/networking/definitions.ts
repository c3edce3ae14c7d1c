import { defineGroup } from "../define.ts";
import type { ResourceDefinition } from "../types.ts";
import { ingressStrategy, ingressTable } from "./ingress.ts";
import { ingressClassTable } from "./ingress-class.ts";
import { ipAddressTable, serviceCidrTable } from "./ip-address.ts";
import { networkPolicyStrategy, networkPolicyTable } from "./network-policy.ts";
import { ipAddressStrategy, serviceCidrStrategy } from "./service-cidr.ts";

export const networkingDefinitions: readonly ResourceDefinition[] = defineGroup(
  "networking.k8s.io",
  "k8s.io/api/networking",
  [
    { kind: "IngressClass", plural: "ingressclasses", scope: "Cluster", table: ingressClassTable },
    {
      kind: "Ingress",
      plural: "ingresses",
      shortNames: ["ing"],
      status: true,
      strategy: ingressStrategy,
      table: ingressTable,
    },
    {
      kind: "IPAddress",
      plural: "ipaddresses",
      shortNames: ["ip"],
      scope: "Cluster",
      strategy: ipAddressStrategy,
      table: ipAddressTable,
    },
    {
      kind: "NetworkPolicy",
      plural: "networkpolicies",
      shortNames: ["netpol"],
      strategy: networkPolicyStrategy,
      table: networkPolicyTable,
    },
    {
      kind: "ServiceCIDR",
      plural: "servicecidrs",
      scope: "Cluster",
      status: true,
      strategy: serviceCidrStrategy,
      table: serviceCidrTable,
    },
  ],
);
