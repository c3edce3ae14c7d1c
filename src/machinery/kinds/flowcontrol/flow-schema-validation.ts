import { dns1123Label, dns1123Subdomain } from "../../meta/names.ts";
import { fieldForbidden, invalidValue, notSupported, required } from "../../status/field-errors.ts";
import type {
  FlowSchema,
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from "../../types/flowcontrol/v1.ts";
import type { FieldError } from "../types.ts";
import { checkRule, type Errors } from "../validation/checks.ts";
import { sameJson } from "../validation/same-json.ts";

const verbs = new Set(["get", "list", "create", "update", "patch", "delete", "deletecollection", "watch"]);
const nonResourceVerbs = new Set(["get", "head", "post", "put", "patch", "delete", "connect", "options", "trace"]);

export function validateFlowSchema(schema: FlowSchema): FieldError[] {
  const errors: Errors = [];
  const { spec } = schema;
  if (spec === undefined) return errors;
  if (isMandatory(schema) && !sameJson(spec, mandatory[schema.metadata.name ?? ""])) {
    errors.push(invalidValue("spec", spec, "spec of 'mandatory' FlowSchema is immutable"));
  }
  const { matchingPrecedence = 0 } = spec;
  if (matchingPrecedence < 1) {
    errors.push(invalidValue("spec.matchingPrecedence", matchingPrecedence, "must be a positive value"));
  } else if (matchingPrecedence > 10_000) {
    errors.push(invalidValue("spec.matchingPrecedence", matchingPrecedence, "must not be greater than 10000"));
  }
  if (matchingPrecedence === 1 && schema.metadata.name !== "exempt") {
    const reason = "only the schema named 'exempt' may have matchingPrecedence 1";
    errors.push(invalidValue("spec.matchingPrecedence", matchingPrecedence, reason));
  }
  const method = spec.distinguisherMethod?.type;
  if (spec.distinguisherMethod && method !== "ByNamespace" && method !== "ByUser") {
    errors.push(notSupported("spec.distinguisherMethod", spec.distinguisherMethod, ["ByNamespace", "ByUser"]));
  }
  const level = spec.priorityLevelConfiguration?.name;
  if (!level) {
    errors.push(required("spec.priorityLevelConfiguration.name", "must reference a priority level"));
  } else checkRule(errors, "spec.priorityLevelConfiguration.name", level, dns1123Subdomain);
  for (const [i, rule] of (spec.rules ?? []).entries()) checkRules(errors, `spec.rules[${i}]`, rule);
  return errors;
}

function isMandatory({ metadata }: FlowSchema): boolean {
  return metadata.name === "exempt" || metadata.name === "catch-all";
}

const every: ResourcePolicyRule = {
  verbs: ["*"],
  apiGroups: ["*"],
  resources: ["*"],
  clusterScope: true,
  namespaces: ["*"],
};
const everyPath: NonResourcePolicyRule = { verbs: ["*"], nonResourceURLs: ["*"] };
const group = (name: string): Subject => ({ kind: "Group", group: { name } });

/** What kube-apiserver makes and lets nobody change. */
const mandatory: Readonly<Record<string, FlowSchemaSpec>> = {
  exempt: {
    priorityLevelConfiguration: { name: "exempt" },
    matchingPrecedence: 1,
    rules: [{ subjects: [group("system:masters")], resourceRules: [every], nonResourceRules: [everyPath] }],
  },
  "catch-all": {
    priorityLevelConfiguration: { name: "catch-all" },
    matchingPrecedence: 10_000,
    distinguisherMethod: { type: "ByUser" },
    rules: [
      {
        subjects: [group("system:unauthenticated"), group("system:authenticated")],
        resourceRules: [every],
        nonResourceRules: [everyPath],
      },
    ],
  },
};

function checkRules(errors: Errors, path: string, rule: PolicyRulesWithSubjects): void {
  if (!rule.subjects || rule.subjects.length === 0) {
    errors.push(required(`${path}.subjects`, "subjects must contain at least one value"));
  }
  for (const [i, subject] of (rule.subjects ?? []).entries()) checkSubject(errors, `${path}.subjects[${i}]`, subject);
  const { resourceRules = [], nonResourceRules = [] } = rule;
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    errors.push(required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"));
  }
  for (const [i, one] of resourceRules.entries()) checkResourceRule(errors, `${path}.resourceRules[${i}]`, one);
  for (const [i, one] of nonResourceRules.entries()) checkPathRule(errors, `${path}.nonResourceRules[${i}]`, one);
}

function checkSubject(errors: Errors, path: string, subject: Subject): void {
  const expected = memberOf[subject.kind];
  if (expected === undefined) {
    errors.push(notSupported(`${path}.kind`, subject.kind, ["Group", "ServiceAccount", "User"]));
    return;
  }
  for (const name of ["serviceAccount", "user", "group"] as const) {
    const at = `${path}.${name}`;
    if (name !== expected) {
      if (subject[name])
        errors.push(fieldForbidden(at, `${name} is forbidden when subject kind is not '${kinds[name]}'`));
    } else if (!subject[name]) {
      errors.push(required(at, `${name} is required when subject kind is '${kinds[name]}'`));
    } else if (!subject[name].name) errors.push(required(`${at}.name`));
  }
  const account = subject.serviceAccount;
  if (subject.kind !== "ServiceAccount" || !account) return;
  if (account.name && account.name !== "*")
    checkRule(errors, `${path}.serviceAccount.name`, account.name, dns1123Subdomain);
  if (!account.namespace) {
    errors.push(required(`${path}.serviceAccount.namespace`, "must specify namespace for service account"));
  } else checkRule(errors, `${path}.serviceAccount.namespace`, account.namespace, dns1123Label);
}

const memberOf: Readonly<Record<string, string>> = {
  User: "user",
  Group: "group",
  ServiceAccount: "serviceAccount",
};
const kinds = { user: "User", group: "Group", serviceAccount: "ServiceAccount" } as const;

function checkResourceRule(errors: Errors, path: string, rule: ResourcePolicyRule): void {
  checkVerbs(errors, `${path}.verbs`, rule.verbs, verbs);
  checkList(errors, `${path}.apiGroups`, rule.apiGroups, "resource rules must supply at least one api group");
  checkList(errors, `${path}.resources`, rule.resources, "resource rules must supply at least one resource");
  const { namespaces = [], clusterScope } = rule;
  if (namespaces.length === 0 && !clusterScope) {
    const reason = "resource rules that are not cluster scoped must supply at least one namespace";
    errors.push(required(`${path}.namespaces`, reason));
  } else if (namespaces.includes("*")) {
    if (namespaces.length > 1) {
      errors.push(
        invalidValue(`${path}.namespaces`, namespaces, "if '*' is present, must not specify other namespaces"),
      );
    }
  } else
    for (const [i, name] of namespaces.entries()) checkRule(errors, `${path}.namespaces[${i}]`, name, dns1123Label);
}

function checkPathRule(errors: Errors, path: string, rule: NonResourcePolicyRule): void {
  checkVerbs(errors, `${path}.verbs`, rule.verbs, nonResourceVerbs);
  const urls = rule.nonResourceURLs ?? [];
  if (urls.length === 0) {
    errors.push(required(`${path}.nonResourceURLs`, "nonResourceURLs must contain at least one value"));
  } else if (urls.includes("*")) {
    if (urls.length > 1) {
      const reason = "if '*' is present, must not specify other non-resource URLs";
      errors.push(invalidValue(`${path}.nonResourceURLs`, urls, reason));
    }
  } else {
    for (const [i, url] of urls.entries()) {
      const reason = urlProblem(url);
      if (reason !== undefined) errors.push(invalidValue(`${path}.nonResourceURLs[${i}]`, url, reason));
    }
  }
}

function urlProblem(url: string): string | undefined {
  if (url === "") return "must not be empty";
  if (url === "/") return undefined;
  if (!url.startsWith("/")) return "must start with slash";
  if (url.includes(" ")) return "must not contain white-space";
  if (url.includes("//")) return "must not contain double slash";
  const star = url.indexOf("*");
  return star >= 0 && (star < url.length - 1 || !url.endsWith("/*"))
    ? "wildcard can only do suffix matching"
    : undefined;
}

function checkVerbs(errors: Errors, path: string, list: readonly string[] = [], known: ReadonlySet<string>): void {
  if (list.length === 0) errors.push(required(path, "verbs must contain at least one value"));
  else if (list.includes("*")) {
    if (list.length > 1) errors.push(invalidValue(path, list, "if '*' is present, must not specify other verbs"));
  } else if (list.some((verb) => !known.has(verb))) errors.push(notSupported(path, list, [...known].sort()));
}

function checkList(errors: Errors, path: string, list: readonly string[] = [], missing: string): void {
  if (list.length === 0) errors.push(required(path, missing));
  else if (list.length > 1 && list.includes("*")) {
    const what = path.endsWith("apiGroups") ? "api groups" : "resources";
    errors.push(invalidValue(path, list, `if '*' is present, must not specify other ${what}`));
  }
}
