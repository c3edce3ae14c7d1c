import type { Role } from "../../types/rbac/v1.ts";
import { createdAtColumn, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";

export const roleStrategy = strategyFor<Role>({
  nameRule: "path-segment",
  allowCreateOnUpdate: true,
  hasGeneration: false,
});

export const roleTable = table<Role>([nameColumn, createdAtColumn], (role) => [
  role.metadata.name,
  role.metadata.creationTimestamp ?? null,
]);
