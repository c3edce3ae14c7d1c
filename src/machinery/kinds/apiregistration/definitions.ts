import type { APIService } from "../../types/apiregistration/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { defineGroup } from "../define.ts";
import type { ResourceDefinition } from "../types.ts";
import { apiServiceStrategy } from "./api-service.ts";

const apiServiceTable = table<APIService>(
  [
    nameColumn,
    column("Service", "string", "The reference to the service that hosts this API endpoint."),
    column("Available", "string", "Whether this service is available."),
    ageColumn,
  ],
  ({ metadata, spec, status }, now) => {
    const available = status?.conditions?.find(({ type }) => type === "Available");
    const state = available?.status ?? "Unknown";
    const service = spec?.service;
    return [
      metadata.name,
      service ? `${service.namespace ?? ""}/${service.name ?? ""}` : "Local",
      state === "True" || available === undefined ? state : `${state} (${available.reason ?? ""})`,
      age({ metadata }, now),
    ];
  },
);

export const apiregistrationDefinitions: readonly ResourceDefinition[] = defineGroup(
  "apiregistration.k8s.io",
  "k8s.io/kube-aggregator/pkg/apis/apiregistration",
  [
    {
      kind: "APIService",
      plural: "apiservices",
      categories: ["api-extensions"],
      scope: "Cluster",
      status: true,
      strategy: apiServiceStrategy,
      table: apiServiceTable,
    },
  ],
);
