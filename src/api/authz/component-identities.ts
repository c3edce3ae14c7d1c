import type { UserInfo } from "../client/types.ts";
import type { Authorizer, Decision } from "./types.ts";

const allowed: Decision = { allowed: true };
const refused: Decision = { allowed: false };
const components: ReadonlySet<string> = new Set(["system:kube-scheduler", "system:kube-controller-manager"]);
/** Controllers' own accounts; a few do not end in -controller. */
const controller =
  /^system:serviceaccount:kube-system:([a-z0-9-]+-controller|generic-garbage-collector|pod-garbage-collector|root-ca-cert-publisher)$/;

/** Administrators, the components and the nodes may do everything, nobody else anything: until RBAC takes its place. */
export const componentIdentities: Authorizer = {
  authorize: ({ user }) => (passes(user) ? allowed : refused),
};

function passes({ name, groups }: UserInfo): boolean {
  if (groups.includes("system:masters")) return true;
  if (components.has(name) || controller.test(name)) return true;
  return name.startsWith("system:node:") && groups.includes("system:nodes");
}
