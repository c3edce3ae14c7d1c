/** The roles and bindings of the cluster in memory, found by whom they speak of. */
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  RoleBinding,
  Subject,
} from "../../../machinery/types/rbac/v1.ts";

export type PolicyKind = "roles" | "rolebindings" | "clusterroles" | "clusterrolebindings";

/** A binding as it concerns one subject of it. */
export interface Grant {
  readonly roleKind: string;
  readonly roleName: string;
  /** "" for a ClusterRoleBinding. */
  readonly namespace: string;
  /** Why whoever is allowed by it is: what a SubjectAccessReview tells. */
  readonly reason: string;
}

const none: readonly Grant[] = [];

export class Policy {
  readonly #clusterRoles = new Map<string, ClusterRole>();
  /** Roles (they have no aggregation), by "namespace/name". */
  readonly #roles = new Map<string, ClusterRole>();
  readonly #bindings = new Map<string, RoleBinding | ClusterRoleBinding>();
  /** By namespace, "" for the whole cluster, then by subject. */
  readonly #grants = new Map<string, Map<string, Grant[]>>();
  #generation = 1;

  /** Rises with every change, so that what was derived from the policy knows that it is of yesterday. */
  get generation(): number {
    return this.#generation;
  }

  clusterRole(name: string): ClusterRole | undefined {
    return this.#clusterRoles.get(name);
  }

  get clusterRoles(): Iterable<ClusterRole> {
    return this.#clusterRoles.values();
  }

  /** `key`: "name" for what is cluster-scoped, else "namespace/name". undefined: it is gone. */
  set(kind: PolicyKind, key: string, object: object | undefined): void {
    this.#generation++;
    switch (kind) {
      case "clusterroles":
        put(this.#clusterRoles, key, object as ClusterRole | undefined);
        break;
      case "roles":
        put(this.#roles, key, object as ClusterRole | undefined);
        break;
      default:
        this.#setBinding(kind === "rolebindings", key, object as RoleBinding | undefined);
    }
  }

  /** What binds the subject in the namespace ("" for the cluster), the name first, then the groups. */
  grants(namespace: string, name: string, groups: readonly string[]): readonly Grant[] {
    const bySubject = this.#grants.get(namespace);
    if (bySubject === undefined) return none;
    const found = [...(bySubject.get(`u:${name}`) ?? none)];
    for (const group of groups) found.push(...(bySubject.get(`g:${group}`) ?? none));
    return found;
  }

  hasGrants(namespace: string): boolean {
    return this.#grants.has(namespace);
  }

  /** undefined: the role that the binding names does not exist. */
  rulesOf({ roleKind, roleName, namespace }: Grant): readonly PolicyRule[] | undefined {
    const role =
      roleKind === "ClusterRole" ? this.#clusterRoles.get(roleName) : this.#roles.get(`${namespace}/${roleName}`);
    return role === undefined ? undefined : (role.rules ?? []);
  }

  #setBinding(namespaced: boolean, key: string, binding: RoleBinding | undefined): void {
    const id = namespaced ? key : `/${key}`;
    const namespace = namespaced ? key.slice(0, key.indexOf("/")) : "";
    const old = this.#bindings.get(id);
    put(this.#bindings, id, binding);
    // Bindings are few per subject: those that the old and the new one speak of are made anew.
    const touched = new Set([...subjectKeys(old, namespace), ...subjectKeys(binding, namespace)]);
    if (touched.size > 0) this.#index(namespace, touched, old, binding);
  }

  #index(
    namespace: string,
    touched: ReadonlySet<string>,
    old: RoleBinding | undefined,
    binding: RoleBinding | undefined,
  ): void {
    const bySubject = this.#grants.get(namespace) ?? new Map<string, Grant[]>();
    for (const subject of touched) {
      const kept = (bySubject.get(subject) ?? []).filter((grant) => sources.get(grant) !== old || old === undefined);
      for (const candidate of binding?.subjects ?? []) {
        if (binding === undefined || subjectKey(candidate, namespace) !== subject) continue;
        const grant = grantOf(binding, namespace, candidate);
        sources.set(grant, binding);
        kept.push(grant);
      }
      if (kept.length > 0) bySubject.set(subject, kept);
      else bySubject.delete(subject);
    }
    if (bySubject.size > 0) this.#grants.set(namespace, bySubject);
    else this.#grants.delete(namespace);
  }
}

/** Which binding a grant was made of. */
const sources = new WeakMap<Grant, object>();

function put<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function subjectKeys(binding: RoleBinding | undefined, namespace: string): string[] {
  return (binding?.subjects ?? []).map((subject) => subjectKey(subject, namespace));
}

function subjectKey({ kind, name, namespace }: Subject, own: string): string {
  if (kind === "Group") return `g:${name}`;
  return kind === "ServiceAccount" ? `u:system:serviceaccount:${namespace || own}:${name}` : `u:${name}`;
}

function grantOf({ metadata, roleRef }: RoleBinding, namespace: string, subject: Subject): Grant {
  const { name = "" } = metadata;
  const binding =
    namespace === ""
      ? `ClusterRoleBinding ${JSON.stringify(name)}`
      : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`;
  const whom = subject.kind === "ServiceAccount" ? `${subject.name}/${subject.namespace || namespace}` : subject.name;
  return {
    roleKind: roleRef.kind,
    roleName: roleRef.name,
    namespace,
    reason: `RBAC: allowed by ${binding} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject.kind} ${JSON.stringify(whom)}`,
  };
}
