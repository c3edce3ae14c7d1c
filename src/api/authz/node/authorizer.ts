import type { PolicyRule } from "../../../machinery/types/rbac/v1.ts";
import type { Store } from "../../../store/types.ts";
import type { UserInfo } from "../../client/types.ts";
import { parsedOf } from "../../serialize/parsed.ts";
import { grantsPath, grantsResource } from "../rbac/rule-matching.ts";
import type { Attributes, Decision } from "../types.ts";
import type { PodsByNode } from "./pods-by-node.ts";

const allowed: Decision = { allowed: true };
const readVerbs: ReadonlySet<string> = new Set(["get", "list", "watch"]);
const leaseNamespace = "kube-node-lease";
const leaseVerbs: ReadonlySet<string> = new Set(["get", "create", "update", "patch", "delete"]);
const prefix = "system:node:";

/** The node that the user is; undefined for everybody else. */
export function nodeNameOf({ name, groups }: UserInfo): string | undefined {
  return name.startsWith(prefix) && groups.includes("system:nodes") ? name.slice(prefix.length) : undefined;
}

/**
 * A node reads what the pods on it refer to and writes what is its own (k8s.io/kubernetes/plugin/pkg/auth/authorizer/node,
 * selectors included). Whose Node, pod or status is written is decided here too, before there is a look at the object.
 */
export class NodeAuthorizer {
  readonly #rules: readonly PolicyRule[];
  readonly #pods: PodsByNode;
  readonly #store: Store;

  constructor(rules: readonly PolicyRule[], pods: PodsByNode, store: Store) {
    this.#rules = rules;
    this.#pods = pods;
    this.#store = store;
  }

  authorize(node: string, attributes: Attributes): Decision | Promise<Decision> {
    const { group = "", resource, subresource = "" } = attributes;
    if (resource === undefined) return this.#byRules(attributes);
    switch (group === "" ? resource : `${resource}.${group}`) {
      case "secrets":
      case "configmaps":
        return this.#referenced(node, attributes, readVerbs, "can only read resources of this type");
      case "persistentvolumeclaims":
        return subresource === "status"
          ? this.#referenced(
              node,
              { ...attributes, subresource: "" },
              statusVerbs,
              "can only get/update status of this type",
            )
          : this.#referenced(node, attributes, getVerb, "can only get individual resources of this type");
      case "persistentvolumes":
        return this.#volume(node, attributes);
      case "resourceclaims.resource.k8s.io":
        return this.#referenced(node, attributes, getVerb, "can only get individual resources of this type");
      case "serviceaccounts":
        return subresource === "token"
          ? this.#referenced(
              node,
              { ...attributes, subresource: "" },
              createVerb,
              "can only create tokens for individual service accounts",
            )
          : this.#referenced(node, attributes, getVerb, "can only get individual resources of this type");
      case "volumeattachments.storage.k8s.io":
        return this.#stored(node, attributes, getVerb);
      case "leases.coordination.k8s.io":
        return lease(node, attributes);
      case "csinodes.storage.k8s.io":
        return ownByName(node, attributes, leaseVerbs, "CSINode");
      case "resourceslices.resource.k8s.io":
        return this.#slice(node, attributes);
      case "nodes":
        return this.#node(node, attributes);
      case "pods":
        return this.#pod(node, attributes);
      default:
        return this.#byRules(attributes);
    }
  }

  #byRules({ verb, path, group = "", resource, subresource = "" }: Attributes): Decision {
    const grants = (rule: PolicyRule): boolean =>
      resource === undefined ? grantsPath(rule, verb, path) : grantsResource(rule, verb, group, resource, subresource);
    return this.#rules.some(grants) ? allowed : noOpinion;
  }

  async #referenced(
    node: string,
    { verb, resource, subresource, namespace = "", name = "" }: Attributes,
    verbs: ReadonlySet<string>,
    otherwise: string,
  ): Promise<Decision> {
    if (!verbs.has(verb)) return refused(otherwise);
    if (subresource) return refused("cannot read subresource");
    if (namespace === "") return refused("can only read namespaced object of this type");
    if (name === "") return refused("No Object name found");
    const related = await this.#pods.refers(node, `${resource}/${namespace}/${name}`);
    return related ? allowed : unrelated(node);
  }

  /** A volume that is bound to a claim of a pod on the node. */
  async #volume(node: string, { verb, subresource, name = "" }: Attributes): Promise<Decision> {
    if (verb !== "get") return refused("can only get individual resources of this type");
    if (subresource) return refused("cannot get subresource");
    for (const claim of await this.#pods.objects(node, "persistentvolumeclaims")) {
      const spec = (await this.#object(claim))?.spec as { volumeName?: string } | undefined;
      if (spec?.volumeName === name) return allowed;
    }
    return unrelated(node);
  }

  /** An object that says itself which node it is of. */
  async #stored(
    node: string,
    { verb, resource, name = "" }: Attributes,
    verbs: ReadonlySet<string>,
  ): Promise<Decision> {
    if (!verbs.has(verb)) return refused("can only get individual resources of this type");
    const spec = (await this.#object(`${resource}/${name}`))?.spec as { nodeName?: string } | undefined;
    return spec?.nodeName === node ? allowed : unrelated(node);
  }

  #slice(node: string, attributes: Attributes): Decision | Promise<Decision> {
    const { verb, name = "" } = attributes;
    if (verb === "create") return allowed;
    if (verb === "list" || verb === "watch" || verb === "deletecollection") {
      if (selects(attributes, "spec.nodeName", node)) return allowed;
      return refused("can only list/watch/deletecollection resourceslices with nodeName field selector");
    }
    return name === "" ? refused("No Object name found") : this.#stored(node, attributes, sliceVerbs);
  }

  #node(node: string, attributes: Attributes): Decision {
    const { verb, subresource = "", name = "" } = attributes;
    if (verb === "create" && subresource === "") return allowed;
    if (verb === "list" || verb === "watch") {
      if (name === node || selects(attributes, "metadata.name", node)) return allowed;
      return refused(`node '${node}' cannot read all nodes, only its own Node object`);
    }
    if (verb === "get" && name !== node)
      return refused(`node '${node}' cannot read '${name}', only its own Node object`);
    if (name !== node) return refused(`node "${node}" is not allowed to modify node "${name}"`);
    return this.#byRules(attributes);
  }

  #pod(node: string, attributes: Attributes): Decision | Promise<Decision> {
    const { verb, subresource = "", name = "" } = attributes;
    const byRules = this.#byRules(attributes);
    if (!byRules.allowed) return byRules;
    // Mirror pods are the only ones a node makes, and there are none: a pod of its own choice could name any secret.
    if (verb === "create" && subresource === "") return refused("can only create mirror pods");
    if (verb === "list" || verb === "watch") {
      if (selects(attributes, "spec.nodeName", node)) return allowed;
      return refused(`can only list/watch pods with spec.nodeName field selector`);
    }
    return name === "" ? noOpinion : this.#ownPod(node, attributes);
  }

  async #ownPod(node: string, { namespace = "", name = "" }: Attributes): Promise<Decision> {
    const pod = await this.#object(`pods/${namespace}/${name}`);
    // What does not exist is told as such by whoever looks for it next.
    const spec = pod?.spec as { nodeName?: string } | undefined;
    return pod === undefined || spec?.nodeName === node ? allowed : unrelated(node);
  }

  async #object(key: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const entry = await this.#store.get(`/registry/${key}`);
    return entry && parsedOf(entry.value);
  }
}

const noOpinion: Decision = { allowed: false };
const getVerb: ReadonlySet<string> = new Set(["get"]);
const createVerb: ReadonlySet<string> = new Set(["create"]);
const statusVerbs: ReadonlySet<string> = new Set(["get", "update", "patch"]);
const sliceVerbs: ReadonlySet<string> = new Set(["get", "update", "patch", "delete"]);

function refused(reason: string): Decision {
  return { allowed: false, reason };
}

function unrelated(node: string): Decision {
  return refused(`no relationship found between node '${node}' and this object`);
}

function lease(node: string, attributes: Attributes): Decision {
  if (!leaseVerbs.has(attributes.verb)) return refused("can only get, create, update, patch, or delete a node lease");
  if (attributes.namespace !== leaseNamespace) {
    return refused(`can only access leases in the "${leaseNamespace}" system namespace`);
  }
  if (attributes.verb !== "create" && attributes.name !== node) {
    return refused("can only access node lease with the same name as the requesting node");
  }
  return allowed;
}

function ownByName(
  node: string,
  { verb, subresource, name }: Attributes,
  verbs: ReadonlySet<string>,
  kind: string,
): Decision {
  if (!verbs.has(verb)) return refused(`can only get, create, update, patch, or delete a ${kind}`);
  if (subresource) return refused(`cannot authorize ${kind} subresources`);
  if (verb !== "create" && name !== node) {
    return refused(`can only access ${kind} with the same name as the requesting node`);
  }
  return allowed;
}

/** Whether a field selector narrows the request to the one value. */
function selects({ fieldSelector = "" }: Attributes, field: string, value: string): boolean {
  return fieldSelector.split(",").some((term) => term === `${field}=${value}` || term === `${field}==${value}`);
}
