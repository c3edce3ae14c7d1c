import type { FieldError } from "../kinds/types.ts";
import { invalidValue } from "../status/field-errors.ts";

export type Level = "privileged" | "baseline" | "restricted";
export type Mode = "enforce" | "audit" | "warn";

/** A standard as of a minor version of Kubernetes 1; Infinity: the latest. */
export interface LevelVersion {
  readonly level: Level;
  readonly minor: number;
}

export type Policy = Readonly<Record<Mode, LevelVersion>>;

export const levels: readonly Level[] = ["privileged", "baseline", "restricted"];
const modes: readonly Mode[] = ["enforce", "audit", "warn"];
const prefix = "pod-security.kubernetes.io/";

export const privileged: LevelVersion = { level: "privileged", minor: Number.POSITIVE_INFINITY };
const unrestricted: Policy = { enforce: privileged, audit: privileged, warn: privileged };

/** `restricted:latest`, `baseline:v1.28`. */
export function standardText({ level, minor }: LevelVersion): string {
  return `${level}:${minor === Number.POSITIVE_INFINITY ? "latest" : `v1.${minor}`}`;
}

export function isStricter(a: Level, b: Level): boolean {
  return levels.indexOf(a) > levels.indexOf(b);
}

/**
 * What a namespace's labels ask for (https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces).
 * There is a policy also where labels are wrong: then enforce is restricted, the other modes look away.
 */
export function policyOf(
  labels: Readonly<Record<string, string>> | undefined,
  defaults: Policy = unrestricted,
): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  if (labels === undefined) return { policy: defaults, errors };
  const policy = { ...defaults };
  for (const mode of modes) {
    let { level, minor } = policy[mode];
    const wanted = labels[`${prefix}${mode}`];
    if (wanted !== undefined) {
      if ((levels as readonly string[]).includes(wanted)) level = wanted as Level;
      else {
        level = mode === "enforce" ? "restricted" : "privileged";
        errors.push(wrong(mode, wanted, `must be one of ${levels.join(", ")}`));
      }
    }
    const version = labels[`${prefix}${mode}-version`];
    if (version !== undefined) {
      const parsed = minorOf(version);
      minor = parsed ?? Number.POSITIVE_INFINITY;
      if (parsed === undefined) errors.push(wrong(`${mode}-version`, version, 'must be "latest" or "v1.x"'));
    }
    policy[mode] = { level, minor };
  }
  warnOfWhatIsEnforced(policy, labels);
  return { policy, errors };
}

/** Where only enforce is set, a workload whose pods would be refused is warned of as well. */
function warnOfWhatIsEnforced(policy: Record<Mode, LevelVersion>, labels: Readonly<Record<string, string>>): void {
  const { enforce, warn } = policy;
  const set = labels[`${prefix}enforce`] !== undefined && labels[`${prefix}warn`] === undefined;
  if (!set || !isStricter(enforce.level, warn.level)) return;
  const own = labels[`${prefix}warn-version`] !== undefined;
  policy.warn = { level: enforce.level, minor: own ? warn.minor : enforce.minor };
}

function minorOf(version: string): number | undefined {
  if (version === "latest") return Number.POSITIVE_INFINITY;
  const match = /^v1\.(0|[1-9][0-9]*)$/.exec(version);
  return match ? Number(match[1]) : undefined;
}

function wrong(label: string, value: string, why: string): FieldError {
  return invalidValue(`metadata.labels[${prefix}${label}]`, value, why);
}
