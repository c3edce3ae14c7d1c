/**
 * Which requests are written down, and how much of them: audit.k8s.io/v1 Policy
 * (https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#audit-policy).
 */
import type { Attributes } from "../authz/types.ts";
import type { UserInfo } from "../client/types.ts";

export const levels = ["None", "Metadata", "Request", "RequestResponse"] as const;
export type Level = (typeof levels)[number];
export const stages = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"] as const;
export type Stage = (typeof stages)[number];

/** What the policy says of one request. */
export interface Ruling {
  readonly level: Level;
  readonly omitStages: ReadonlySet<Stage>;
  readonly omitManagedFields: boolean;
}

interface GroupResources {
  readonly group: string;
  readonly resources: readonly string[];
  readonly resourceNames: readonly string[];
}

interface Rule extends Ruling {
  readonly users: readonly string[];
  readonly userGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly namespaces: readonly string[];
  readonly resources: readonly GroupResources[];
  readonly nonResourceURLs: readonly string[];
}

const nothing: Ruling = { level: "None", omitStages: new Set(), omitManagedFields: false };

export class AuditPolicy {
  readonly #rules: readonly Rule[];

  private constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  /** `document`: parsed YAML or JSON. Throws an Error that names the field which is wrong. */
  static parse(document: unknown): AuditPolicy {
    const policy = fields(document, "the policy");
    if (policy.kind !== "Policy" || policy.apiVersion !== "audit.k8s.io/v1") {
      throw new Error(`expected audit.k8s.io/v1 Policy, found ${policy.apiVersion} ${policy.kind}`);
    }
    const omitStages = stageList(policy.omitStages, "omitStages");
    const rules = list(policy.rules ?? [], "rules");
    if (rules.length === 0) throw new Error("rules: at least one is required");
    return new AuditPolicy(
      rules.map((rule, i) =>
        ruleOf(fields(rule, `rules[${i}]`), `rules[${i}]`, omitStages, policy.omitManagedFields === true),
      ),
    );
  }

  /** The first rule that matches; without one nothing is written. `user`: as authenticated, not as impersonated. */
  rulingOn(attributes: Attributes, user: UserInfo): Ruling {
    for (const rule of this.#rules) if (matches(rule, attributes, user)) return rule;
    return nothing;
  }
}

function matches(rule: Rule, attributes: Attributes, { name, groups }: UserInfo): boolean {
  if (rule.users.length > 0 && !rule.users.includes(name)) return false;
  if (rule.userGroups.length > 0 && !rule.userGroups.some((group) => groups.includes(group))) return false;
  if (rule.verbs.length > 0 && !rule.verbs.includes(attributes.verb)) return false;
  const ofResources = rule.namespaces.length > 0 || rule.resources.length > 0;
  if (!ofResources && rule.nonResourceURLs.length === 0) return true;
  if (attributes.resource === undefined) {
    return !ofResources && rule.nonResourceURLs.some((url) => matchesPath(url, attributes.path));
  }
  return ofResources && matchesResource(rule, attributes);
}

function matchesResource({ namespaces, resources }: Rule, attributes: Attributes): boolean {
  const { namespace = "", group = "", resource = "", subresource = "", name = "" } = attributes;
  if (namespaces.length > 0 && !namespaces.includes(namespace)) return false;
  if (resources.length === 0) return true;
  return resources.some((wanted) => {
    if (wanted.group !== group) return false;
    if (wanted.resourceNames.length > 0 && !wanted.resourceNames.includes(name)) return false;
    if (wanted.resources.length === 0) return true;
    const full = subresource === "" ? resource : `${resource}/${subresource}`;
    return wanted.resources.some(
      (text) =>
        text === "*" ||
        text === full ||
        (subresource !== "" && (text === `${resource}/*` || text === `*/${subresource}`)),
    );
  });
}

function matchesPath(url: string, path: string): boolean {
  return url === "*" || url === path || (url.endsWith("*") && path.startsWith(url.slice(0, -1)));
}

type Fields = Readonly<Record<string, unknown>>;

function ruleOf(rule: Fields, at: string, omitStages: readonly Stage[], omitManagedFields: boolean): Rule {
  const level = levels.find((known) => known === rule.level);
  if (level === undefined)
    throw new Error(`${at}.level: must be one of ${levels.join(", ")}, not "${rule.level ?? ""}"`);
  const texts = (name: string): string[] => list(rule[name] ?? [], `${at}.${name}`).map(String);
  const resources = list(rule.resources ?? [], `${at}.resources`).map((item) => {
    const { group = "", resources: plurals = [], resourceNames = [] } = fields(item, `${at}.resources`);
    const names = list(resourceNames, `${at}.resources.resourceNames`).map(String);
    const kinds = list(plurals, `${at}.resources.resources`).map(String);
    if (names.length > 0 && kinds.length === 0) {
      throw new Error(`${at}.resources: using resourceNames requires at least one resource`);
    }
    return { group: String(group), resources: kinds, resourceNames: names };
  });
  const namespaces = texts("namespaces");
  const nonResourceURLs = texts("nonResourceURLs");
  if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0)) {
    throw new Error(`${at}.nonResourceURLs: rules cannot apply to both regular resources and non-resource URLs`);
  }
  return {
    level,
    omitStages: new Set([...omitStages, ...stageList(rule.omitStages, `${at}.omitStages`)]),
    omitManagedFields: typeof rule.omitManagedFields === "boolean" ? rule.omitManagedFields : omitManagedFields,
    users: texts("users"),
    userGroups: texts("userGroups"),
    verbs: texts("verbs"),
    namespaces,
    resources,
    nonResourceURLs,
  };
}

function stageList(value: unknown, at: string): Stage[] {
  return list(value ?? [], at).map((item) => {
    const stage = stages.find((known) => known === item);
    if (stage === undefined) throw new Error(`${at}: must be one of ${stages.join(", ")}, not "${item}"`);
    return stage;
  });
}

function fields(value: unknown, at: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new Error(`${at}: must hold fields`);
}

function list(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${at}: must be a list`);
}
