import { violations } from "../../../machinery/pod-security/checks.ts";
import {
  isStricter,
  type LevelVersion,
  type Policy,
  policyOf,
  privileged,
  standardText,
} from "../../../machinery/pod-security/policy.ts";
import { internalError, invalid } from "../../../machinery/status/errors.ts";
import type { Container, Namespace, Pod } from "../../../machinery/types/core/v1.ts";
import { isKind, isPods } from "../concerns.ts";
import type { AdmissionObjects } from "../objects.ts";
import { refuse } from "../refuse.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../types.ts";
import { annotationsOf, enforced, exempt, type Judgement, violationText } from "./annotations.ts";
import { warningsForPods } from "./existing-pods.ts";
import { templateOf, workloads } from "./templates.ts";

/** As PodSecurityConfiguration (https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/). */
export interface PodSecurityOptions {
  /** For namespaces whose labels say nothing; absent: privileged. */
  readonly defaults?: Policy;
  readonly exemptions?: {
    readonly usernames?: readonly string[];
    readonly runtimeClasses?: readonly string[];
    readonly namespaces?: readonly string[];
  };
}

type Annotate = (annotations: Readonly<Record<string, string>>) => void;

/** All that cannot change what a pod may do. */
const ignoredSubresources: ReadonlySet<string> = new Set([
  "exec",
  "attach",
  "binding",
  "eviction",
  "log",
  "portforward",
  "proxy",
  "status",
]);

/** https://kubernetes.io/docs/concepts/security/pod-security-admission/ */
export function podSecurity(
  objects: AdmissionObjects,
  options: PodSecurityOptions = {},
  annotate?: Annotate,
): AdmissionPlugin {
  const { usernames = [], runtimeClasses = [], namespaces = [] } = options.exemptions ?? {};

  const policies = new WeakMap<Namespace, Judgement>();

  async function checkPodLike(request: AdmissionRequest): Promise<void> {
    const { namespace, user } = request;
    if (namespaces.includes(namespace)) return annotate?.({ [exempt]: "namespace" });
    if (usernames.includes(user.name)) return annotate?.({ [exempt]: "user" });
    const found = await objects.get<Namespace>("namespaces", "", namespace);
    if (found === undefined) throw internalError(`failed to lookup namespace ${namespace}`);
    // Namespaces are shared and seldom change: what their labels say is read once.
    let asked = policies.get(found);
    if (asked === undefined) {
      asked = policyOf(found.metadata.labels, options.defaults);
      policies.set(found, asked);
    }
    const { policy, errors } = asked;
    const pods = request.resource.resource === "pods";
    const lax = (standard: LevelVersion): boolean => standard.level === "privileged";
    const unaudited = annotate === undefined || (lax(policy.audit) && errors.length === 0);
    if (lax(policy.warn) && (!pods || lax(policy.enforce)) && unaudited) {
      if (pods) annotate?.({ [enforced]: standardText(privileged) });
      return;
    }
    const { metadata, spec } = pods ? (request.object as Pod) : (templateOf(request) ?? {});
    if (spec === undefined) return;
    if (pods && request.operation === "UPDATE" && !isSignificant(request.object as Pod, request.old as Pod)) return;
    if (spec.runtimeClassName !== undefined && runtimeClasses.includes(spec.runtimeClassName)) {
      return annotate?.({ [exempt]: "runtimeClass" });
    }
    const refused = pods ? violations(policy.enforce, spec, metadata ?? {}) : [];
    annotate?.(annotationsOf(asked, spec, metadata ?? {}, pods));
    if (refused.length > 0) throw refuse(request, `violates ${violationText(policy.enforce, refused)}`);
    const unwanted = violations(policy.warn, spec, metadata ?? {});
    if (unwanted.length > 0) request.warn(`would violate ${violationText(policy.warn, unwanted)}`);
  }

  async function checkNamespace(request: AdmissionRequest): Promise<void> {
    const { object, old, resource } = request;
    const name = object?.metadata.name ?? "";
    const now = policyOf(object?.metadata.labels, options.defaults);
    const before = old && policyOf(old.metadata.labels, options.defaults);
    const known = new Set(before?.errors.map(({ field, message }) => `${field}: ${message}`));
    if (now.errors.some(({ field, message }) => !known.has(`${field}: ${message}`))) {
      throw invalid(resource, name, now.errors);
    }
    if (before === undefined || namespaces.includes(name)) return;
    const { enforce } = now.policy;
    const last = before.policy.enforce;
    if (enforce.level === "privileged") return;
    if (enforce.minor === last.minor && !isStricter(enforce.level, last.level)) return;
    const pods = (await objects.list<Pod>("pods", name)).filter(
      ({ spec }) => spec?.runtimeClassName === undefined || !runtimeClasses.includes(spec.runtimeClassName),
    );
    for (const warning of warningsForPods(name, pods, enforce)) request.warn(warning);
  }

  return {
    name: "PodSecurity",
    handles: (operation, resource, subresource) => {
      if (operation !== "CREATE" && operation !== "UPDATE") return false;
      if (isPods(resource)) return !ignoredSubresources.has(subresource);
      return (
        subresource === "" &&
        (isKind(resource, "", "namespaces") || workloads.has(`${resource.resource}.${resource.group}`))
      );
    },
    validate: (request) =>
      request.resource.resource === "namespaces" ? checkNamespace(request) : checkPodLike(request),
  };
}

const seccompPod = "seccomp.security.alpha.kubernetes.io/pod";
const seccompContainer = "container.seccomp.security.alpha.kubernetes.io/";

/** Whether the update changes anything that a standard looks at: all else is let through. */
function isSignificant(pod: Pod, old: Pod): boolean {
  const annotation = (of: Pod, key: string): string | undefined => of.metadata.annotations?.[key];
  if (annotation(pod, seccompPod) !== annotation(old, seccompPod)) return true;
  const changed = (now: Container, before: Container | undefined): boolean =>
    now.image !== before?.image ||
    annotation(pod, seccompContainer + now.name) !== annotation(old, seccompContainer + now.name);
  for (const list of ["containers", "initContainers"] as const) {
    const before = old.spec?.[list] ?? [];
    const now = pod.spec?.[list] ?? [];
    if (now.length !== before.length || now.some((container, i) => changed(container, before[i]))) return true;
  }
  return (pod.spec?.ephemeralContainers ?? []).some((container) =>
    changed(
      container as unknown as Container,
      old.spec?.ephemeralContainers?.find(({ name }) => name === container.name) as unknown as Container | undefined,
    ),
  );
}
