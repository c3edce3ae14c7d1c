import type { ComponentStatus } from "../../types/core/v1.ts";
import { column, nameColumn, table } from "../columns.ts";

export const componentStatusTable = table<ComponentStatus>(
  [
    nameColumn,
    column("Status", "string", "Status of the component conditions"),
    column("Message", "string", "Message of the component conditions"),
    column("Error", "string", "Error of the component conditions"),
  ],
  (component) => {
    const healthy = component.conditions?.find((condition) => condition.type === "Healthy");
    const status = healthy === undefined ? "Unknown" : healthy.status === "True" ? "Healthy" : "Unhealthy";
    return [component.metadata.name, status, healthy?.message ?? "", healthy?.error ?? ""];
  },
);
