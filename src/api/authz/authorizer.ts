/** The authorizers of a server in kube-apiserver's order: system:masters, Node, RBAC. */

import type { Logger } from "../../machinery/logger.ts";
import type { PolicyRule } from "../../machinery/types/rbac/v1.ts";
import type { Store } from "../../store/types.ts";
import { nodeRules } from "../bootstrap/rbac/component-roles.ts";
import type { UserInfo } from "../client/types.ts";
import type { Pipeline } from "../pipeline/types.ts";
import { NodeAuthorizer, nodeNameOf } from "./node/authorizer.ts";
import { PodsByNode } from "./node/pods-by-node.ts";
import { isPrivileged } from "./privileged.ts";
import { RoleAggregation } from "./rbac/aggregation.ts";
import { RbacAuthorizer } from "./rbac/authorizer.ts";
import { Policy } from "./rbac/policy.ts";
import { PolicyWatch } from "./rbac/policy-watch.ts";
import type { Attributes, Authorizer, Decision, RuleResolver, UserRules } from "./types.ts";

const allowed: Decision = { allowed: true };

export class ClusterAuthorizer implements Authorizer, RuleResolver {
  readonly policy = new Policy();
  readonly rbac = new RbacAuthorizer(this.policy);
  readonly #store: Store;
  readonly #log: Logger;
  readonly #pods: PodsByNode;
  readonly #node: NodeAuthorizer;
  #watch: PolicyWatch | undefined;
  #aggregation: RoleAggregation | undefined;

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
    this.#pods = new PodsByNode(store, log);
    this.#node = new NodeAuthorizer(nodeRules, this.#pods, store);
  }

  authorize(attributes: Attributes): Decision | Promise<Decision> {
    const { user } = attributes;
    if (isPrivileged(user)) return allowed;
    const node = nodeNameOf(user);
    if (node === undefined) return this.rbac.authorize(attributes);
    const decision = this.#node.authorize(node, attributes);
    return decision instanceof Promise
      ? decision.then((settled) => this.#after(settled, attributes))
      : this.#after(decision, attributes);
  }

  rulesFor(user: UserInfo, namespace: string): UserRules {
    const { rules, errors } = this.rbac.rulesFor(user, namespace);
    const byNode = nodeNameOf(user) === undefined ? [] : ["node authorizer does not support user rule resolution"];
    const all = [...byNode, ...errors];
    const resourceRules: PolicyRule[] = [];
    const nonResourceRules: PolicyRule[] = [];
    for (const rule of rules) (rule.nonResourceURLs?.length ? nonResourceRules : resourceRules).push(rule);
    return { resourceRules, nonResourceRules, incomplete: all.length > 0, errors: all };
  }

  /** Reads the policy and follows it from then on. Nobody but system:masters passes before. */
  async start(pipeline: Pipeline): Promise<void> {
    this.#aggregation?.close();
    this.#watch?.close();
    const aggregation = new RoleAggregation(pipeline, this.policy);
    const watch = new PolicyWatch(this.#store, this.policy, this.#log, (kind) => {
      if (kind === "clusterroles") aggregation.changed();
    });
    this.#aggregation = aggregation;
    this.#watch = watch;
    await watch.start();
  }

  close(): void {
    this.#aggregation?.close();
    this.#watch?.close();
    this.#pods.close();
  }

  /** RBAC is asked where the Node authorizer has no opinion; a refusal tells both reasons. */
  #after(byNode: Decision, attributes: Attributes): Decision {
    if (byNode.allowed) return byNode;
    const byRole = this.rbac.authorize(attributes);
    if (byRole.allowed) return byRole;
    const reason = [byNode.reason, byRole.reason].filter((text) => text !== undefined).join("\n");
    return reason === "" ? byRole : { allowed: false, reason };
  }
}
