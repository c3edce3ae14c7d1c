import type { Role } from "../../types/rbac/v1.ts";
import { createdAtColumn, nameColumn, table } from "../columns.ts";
import { strategyFor } from "../strategy-for.ts";
import { validateRole } from "./validation.ts";

export const roleStrategy = strategyFor<Role>({
  nameRule: "path-segment",
  allowCreateOnUpdate: true,
  hasGeneration: false,
  validate: validateRole,
});

export const roleTable = table<Role>([nameColumn, createdAtColumn], (role) => [
  role.metadata.name,
  role.metadata.creationTimestamp ?? null,
]);
