/** Which checks make up a standard at a version (k8s.io/pod-security-admission/policy). */
import type { PodSpec } from "../types/core/v1.ts";
import type { ObjectMeta } from "../types/meta/v1.ts";
import * as baseline from "./baseline.ts";
import type { LevelVersion } from "./policy.ts";
import * as restricted from "./restricted.ts";
import { seccompAnnotations, seccompBaseline, seccompRestricted } from "./seccomp.ts";
import type { Violation } from "./words.ts";

export type Check = (spec: PodSpec, metadata: ObjectMeta) => Violation | undefined;

/** A check from each version (1.x) on, the newest last. */
interface VersionedCheck {
  readonly since: readonly (readonly [minor: number, check: Check])[];
  /** From this version on Restricted has a stricter check in its place. */
  readonly restrictedSince?: number;
}

/** Windows knows nothing of these. */
const unlessWindows =
  (check: Check): Check =>
  (spec, metadata) =>
    spec.os?.name === "windows" ? undefined : check(spec, metadata);

/** Root in a user namespace is nobody on the host (KEP-127). */
const unlessUserNamespace =
  (check: Check): Check =>
  (spec, metadata) =>
    spec.hostUsers === false ? undefined : check(spec, metadata);

const baselineChecks: readonly VersionedCheck[] = [
  { since: [[0, baseline.appArmorProfile]] },
  { since: [[0, baseline.capabilities]], restrictedSince: 22 },
  { since: [[0, baseline.hostNamespaces]] },
  { since: [[0, baseline.hostPathVolumes]], restrictedSince: 0 },
  { since: [[0, baseline.hostPorts]] },
  { since: [[34, baseline.hostProbes]] },
  { since: [[0, baseline.privilegedContainers]] },
  {
    since: [
      [0, baseline.procMount],
      [35, unlessUserNamespace(baseline.procMount)],
    ],
  },
  {
    since: [
      [0, baseline.seLinuxOptions],
      [31, baseline.seLinuxOptionsSince31],
    ],
  },
  {
    since: [
      [0, seccompAnnotations],
      [19, seccompBaseline],
    ],
    restrictedSince: 19,
  },
  {
    since: [
      [0, baseline.sysctls],
      [27, baseline.sysctlsSince27],
      [29, baseline.sysctlsSince29],
      [32, baseline.sysctlsSince32],
    ],
  },
  { since: [[0, baseline.windowsHostProcess]] },
];

const restrictedChecks: readonly VersionedCheck[] = [
  {
    since: [
      [8, restricted.allowPrivilegeEscalation],
      [25, unlessWindows(restricted.allowPrivilegeEscalation)],
    ],
  },
  {
    since: [
      [22, restricted.dropAllCapabilities],
      [25, unlessWindows(restricted.dropAllCapabilities)],
    ],
  },
  { since: [[0, restricted.restrictedVolumes]] },
  {
    since: [
      [0, restricted.runAsNonRoot],
      [35, unlessUserNamespace(restricted.runAsNonRoot)],
    ],
  },
  {
    since: [
      [23, restricted.runAsUser],
      [35, unlessUserNamespace(restricted.runAsUser)],
    ],
  },
  {
    since: [
      [19, seccompRestricted],
      [25, unlessWindows(seccompRestricted)],
    ],
  },
];

const composed = new Map<string, readonly Check[]>();

/** All that the pod does against the standard; empty: it keeps to it. */
export function violations({ level, minor }: LevelVersion, spec: PodSpec, metadata: ObjectMeta): Violation[] {
  if (level === "privileged") return [];
  const key = `${level}:${minor}`;
  let checks = composed.get(key);
  if (checks === undefined) {
    checks = compose(level, minor);
    composed.set(key, checks);
  }
  const found: Violation[] = [];
  for (const check of checks) {
    const violation = check(spec, metadata);
    if (violation !== undefined) found.push(violation);
  }
  return found;
}

function compose(level: "baseline" | "restricted", minor: number): Check[] {
  const own = baselineChecks.filter(
    ({ restrictedSince = Number.POSITIVE_INFINITY }) => level === "baseline" || minor < restrictedSince,
  );
  return [...own, ...(level === "restricted" ? restrictedChecks : [])].flatMap(({ since }) => {
    const newest = since.findLast(([from]) => from <= minor);
    return newest === undefined ? [] : [newest[1]];
  });
}

/** `allowPrivilegeEscalation != false (container "a" must set …), runAsUser=0 (…)` */
export function detailText(found: readonly Violation[]): string {
  return found.map(({ reason, detail }) => (detail === "" ? reason : `${reason} (${detail})`)).join(", ");
}

export function reasonText(found: readonly Violation[]): string {
  return found.map(({ reason }) => reason).join(", ");
}
