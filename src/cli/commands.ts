/** The table of commands. Each is loaded only when it is asked for, so that `kl get` does not pay for `kl server`. */
import type { Command, CommandGroup } from "./command.ts";

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command | CommandGroup>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: "server",
    summary: "Run the cluster: API, scheduler, controllers and a node",
    load: async () => (await import("./commands/server.ts")).command(),
  },
  {
    name: "agent",
    summary: "Join this machine to a cluster as a node; kl agent reset takes it back",
    load: async () => (await import("./commands/agent.ts")).command(),
  },
  {
    name: "token",
    summary: "Make, show and take back the tokens with which machines join",
    load: async () => (await import("./commands/token.ts")).command,
  },
  { name: "apply", summary: "Apply manifests", load: async () => (await import("./commands/apply.ts")).command },
  {
    name: "create",
    summary: "Create resources from manifests",
    load: async () => (await import("./commands/create.ts")).command,
  },
  { name: "get", summary: "Show one or many resources", load: async () => (await import("./commands/get.ts")).command },
  {
    name: "describe",
    summary: "Show details of resources",
    load: async () => (await import("./commands/describe.ts")).command,
  },
  { name: "delete", summary: "Delete resources", load: async () => (await import("./commands/delete.ts")).command },
  {
    name: "logs",
    summary: "Print the logs of a container in a pod",
    load: async () => (await import("./commands/logs.ts")).command,
  },
  {
    name: "exec",
    summary: "Run a command in a container",
    load: async () => (await import("./commands/exec.ts")).command,
  },
  {
    name: "scale",
    summary: "Set the number of replicas",
    load: async () => (await import("./commands/scale.ts")).command,
  },
  {
    name: "rollout",
    summary: "Follow, undo or restart a rollout",
    load: async () => (await import("./commands/rollout.ts")).command,
  },
  { name: "wait", summary: "Wait for a condition", load: async () => (await import("./commands/wait.ts")).command },
  {
    name: "config",
    summary: "Show kubeconfig files",
    load: async () => (await import("./commands/config.ts")).command,
  },
  {
    name: "secrets-encrypt",
    summary: "Encrypt Secrets in the store, and change the key",
    load: async () => (await import("./commands/secrets-encrypt.ts")).command,
  },
  {
    name: "version",
    summary: "Print the versions of client and server",
    load: async () => (await import("./commands/version.ts")).command,
  },
];
