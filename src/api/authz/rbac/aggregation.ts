import type { Clock } from "../../../machinery/clock.ts";
import type { Logger } from "../../../machinery/logger.ts";
import type { UnstructuredObject } from "../../../machinery/meta/object.ts";
import { labelSelectorFrom } from "../../../machinery/selectors/labels.ts";
import { StatusError } from "../../../machinery/status/error.ts";
import type { ClusterRole, PolicyRule } from "../../../machinery/types/rbac/v1.ts";
import type { UserInfo } from "../../client/types.ts";
import type { Pipeline } from "../../pipeline/types.ts";
import { update } from "../../pipeline/update.ts";
import { equalJson } from "../../serialize/json.ts";
import type { Policy } from "./policy.ts";

const user: UserInfo = {
  name: "system:serviceaccount:kube-system:clusterrole-aggregation-controller",
  groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
};
const retryAfter = 1000;

/** The rules that an aggregated role gathers, in the order of the roles' names, each once. */
export function aggregatedRules(role: ClusterRole, roles: Iterable<ClusterRole>): PolicyRule[] {
  const sorted = [...roles].sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const compiled = labelSelectorFrom(selector);
    for (const other of sorted) {
      if (other.metadata.name === role.metadata.name || !compiled.matches(other.metadata.labels ?? {})) continue;
      for (const rule of other.rules ?? []) if (!rules.some((known) => equalJson(known, rule))) rules.push(rule);
    }
  }
  return rules;
}

/** Writes the gathered rules into the roles that gather, whenever a ClusterRole has changed. */
export class RoleAggregation {
  readonly #pipeline: Pipeline;
  readonly #policy: Policy;
  readonly #clock: Clock;
  readonly #log: Logger;
  #running = false;
  #again = false;
  #closed = false;

  constructor(pipeline: Pipeline, policy: Policy) {
    this.#pipeline = pipeline;
    this.#policy = policy;
    this.#clock = pipeline.clock;
    this.#log = pipeline.log;
  }

  changed(): void {
    this.#again = true;
    if (this.#running || this.#closed) return;
    this.#running = true;
    void this.#run();
  }

  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#closed) {
        this.#again = false;
        for (const role of [...this.#policy.clusterRoles]) {
          if (role.aggregationRule) await this.#gather(role);
        }
      }
    } catch (error) {
      if (!this.#closed) {
        this.#log.warn({ err: error }, "a cluster role could not be aggregated; it is tried again");
        this.#clock.after(retryAfter, () => this.changed());
      }
    } finally {
      this.#running = false;
    }
  }

  async #gather(role: ClusterRole): Promise<void> {
    const rules = aggregatedRules(role, this.#policy.clusterRoles);
    if (equalJson(rules, role.rules ?? [])) return;
    const resource = this.#pipeline.registry.find("rbac.authorization.k8s.io/v1", "clusterroles");
    const { name = "" } = role.metadata;
    if (resource === undefined) return;
    const call = { user, resource, namespace: "", name, subresource: "", warnings: [] };
    const object = { ...role, rules } as unknown as UnstructuredObject;
    try {
      await update(this.#pipeline, call, { object }, { dryRun: false, fieldValidation: "Ignore" });
    } catch (error) {
      // The watch tells of whoever was faster.
      if (!(error instanceof StatusError && (error.code === 404 || error.code === 409))) throw error;
    }
  }
}
