/** The table of commands. Each is loaded only when it is asked for, so that `kl get` does not pay for `kl server`. */
import type { Command } from "commander";

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Adds arguments, options and the action to a command that has its name and summary already. */
  load(): Promise<{ configure(command: Command): void | Promise<void> }>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: "server",
    summary: "Run the cluster: API, scheduler, controllers and a node",
    load: () => import("./commands/server.ts"),
  },
  { name: "apply", summary: "Apply manifests", load: () => import("./commands/apply.ts") },
  { name: "create", summary: "Create resources from manifests", load: () => import("./commands/create.ts") },
  { name: "get", summary: "Show one or many resources", load: () => import("./commands/get.ts") },
  { name: "describe", summary: "Show details of resources", load: () => import("./commands/describe.ts") },
  { name: "delete", summary: "Delete resources", load: () => import("./commands/delete.ts") },
  { name: "logs", summary: "Print the logs of a container in a pod", load: () => import("./commands/logs.ts") },
  { name: "exec", summary: "Run a command in a container", load: () => import("./commands/exec.ts") },
  { name: "scale", summary: "Set the number of replicas", load: () => import("./commands/scale.ts") },
  { name: "rollout", summary: "Follow, undo or restart a rollout", load: () => import("./commands/rollout.ts") },
  { name: "wait", summary: "Wait for a condition", load: () => import("./commands/wait.ts") },
  { name: "config", summary: "Show kubeconfig files", load: () => import("./commands/config.ts") },
  { name: "version", summary: "Print the versions of client and server", load: () => import("./commands/version.ts") },
];
