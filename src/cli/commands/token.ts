/** kl token: https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-token/ */
import type { CommandGroup } from "../command.ts";
import { create } from "../token/create.ts";
import { list } from "../token/list.ts";
import { remove } from "../token/remove.ts";

export const command: CommandGroup = {
  subcommands: {
    create: { ...create, summary: "Make a token with which a machine can join" },
    list: { ...list, summary: "Show the tokens of the cluster" },
    delete: { ...remove, summary: "Take tokens back" },
  },
};
