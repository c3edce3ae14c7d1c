import { goQuote } from "../status/go-format.ts";
import type { PodSpec } from "../types/core/v1.ts";
import type { ObjectMeta } from "../types/meta/v1.ts";
import { containersOf, named, plural, quoted, setters, sorted, type Violation } from "./words.ts";

const reason = "seccompProfile";
const podAnnotation = "seccomp.security.alpha.kubernetes.io/pod";
const containerPrefix = "container.seccomp.security.alpha.kubernetes.io/";

/** Up to v1.18 the profile was an annotation. */
export function seccompAnnotations(spec: PodSpec, { annotations = {} }: ObjectMeta): Violation | undefined {
  const bad: string[] = [];
  for (const key of [podAnnotation, ...containersOf(spec).map(({ name }) => containerPrefix + name)]) {
    const value = annotations[key];
    if (value === undefined || value === "runtime/default" || value === "docker/default") continue;
    if (!value.startsWith("localhost/")) bad.push(`${key}=${goQuote(value)}`);
  }
  if (bad.length === 0) return undefined;
  const all = sorted(bad);
  return { reason, detail: `forbidden ${plural("annotation", "annotations", all.length)} ${all.join(", ")}` };
}

/** Baseline: a profile that is set must be a safe one. */
export function seccompBaseline(spec: PodSpec): Violation | undefined {
  return unsafeProfiles(spec);
}

/** Restricted: one must be set, too. */
export function seccompRestricted(spec: PodSpec): Violation | undefined {
  const unsafe = unsafeProfiles(spec);
  if (unsafe !== undefined) return unsafe;
  if (spec.securityContext?.seccompProfile !== undefined) return undefined;
  const without = containersOf(spec).filter(({ securityContext }) => securityContext?.seccompProfile === undefined);
  if (without.length === 0) return undefined;
  const names = named(without.map(({ name }) => name));
  return {
    reason,
    detail: `pod or ${names} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
}

function unsafeProfiles(spec: PodSpec): Violation | undefined {
  const values: string[] = [];
  const bad = (profile: { type: string } | undefined): boolean => {
    if (profile === undefined || profile.type === "RuntimeDefault" || profile.type === "Localhost") return false;
    values.push(profile.type);
    return true;
  };
  const pod = bad(spec.securityContext?.seccompProfile);
  const names = containersOf(spec).filter(({ securityContext }) => bad(securityContext?.seccompProfile));
  if (values.length === 0) return undefined;
  const who = setters(
    pod,
    names.map(({ name }) => name),
  );
  return { reason, detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(sorted(values))}` };
}
