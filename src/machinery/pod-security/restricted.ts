/** What the Restricted standard asks for beyond Baseline (https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted). */
import type { Container, PodSpec, Volume } from "../types/core/v1.ts";
import { containersOf, named, plural, quoted, setters, sorted, type Violation } from "./words.ts";

export function allowPrivilegeEscalation(spec: PodSpec): Violation | undefined {
  const bad = containersOf(spec).filter(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${named(bad.map(nameOf))} must set securityContext.allowPrivilegeEscalation=false`,
  };
}

export function dropAllCapabilities(spec: PodSpec): Violation | undefined {
  const keeping: string[] = [];
  const adding: string[] = [];
  const added: string[] = [];
  for (const { name, securityContext } of containersOf(spec)) {
    const { add = [], drop = [] } = securityContext?.capabilities ?? {};
    if (!drop.includes("ALL")) keeping.push(name);
    const others = add.filter((capability) => capability !== "NET_BIND_SERVICE");
    if (others.length > 0) adding.push(name);
    added.push(...others);
  }
  const details: string[] = [];
  if (keeping.length > 0) details.push(`${named(keeping)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adding.length > 0) {
    details.push(`${named(adding)} must not include ${quoted(sorted(added))} in securityContext.capabilities.add`);
  }
  return details.length === 0 ? undefined : { reason: "unrestricted capabilities", detail: details.join("; ") };
}

const volumeTypes: ReadonlySet<string> = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

export function restrictedVolumes(spec: PodSpec): Violation | undefined {
  const names: string[] = [];
  const types: string[] = [];
  for (const volume of spec.volumes ?? []) {
    const type = typeOf(volume);
    if (volumeTypes.has(type)) continue;
    names.push(volume.name);
    types.push(type);
  }
  if (names.length === 0) return undefined;
  const distinct = sorted(types);
  const who = `${plural("volume", "volumes", names.length)} ${quoted(names)} ${plural("uses", "use", names.length)}`;
  const what = plural("restricted volume type", "restricted volume types", distinct.length);
  return { reason: "restricted volume types", detail: `${who} ${what} ${quoted(distinct)}` };
}

/** The field that is set; a volume has one besides its name. */
function typeOf(volume: Volume): string {
  return Object.keys(volume).find((key) => key !== "name") ?? "unknown";
}

export function runAsNonRoot(spec: PodSpec): Violation | undefined {
  const reason = "runAsNonRoot != true";
  const ofPod = spec.securityContext?.runAsNonRoot;
  const root = containersOf(spec).filter(({ securityContext }) => securityContext?.runAsNonRoot === false);
  if (ofPod === false || root.length > 0) {
    const who = setters(ofPod === false, root.map(nameOf));
    return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  }
  if (ofPod === true) return undefined;
  const silent = containersOf(spec).filter(({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (silent.length === 0) return undefined;
  return { reason, detail: `pod or ${named(silent.map(nameOf))} must set securityContext.runAsNonRoot=true` };
}

export function runAsUser(spec: PodSpec): Violation | undefined {
  const pod = spec.securityContext?.runAsUser === 0;
  const bad = containersOf(spec).filter(({ securityContext }) => securityContext?.runAsUser === 0);
  if (!pod && bad.length === 0) return undefined;
  return { reason: "runAsUser=0", detail: `${setters(pod, bad.map(nameOf))} must not set runAsUser=0` };
}

function nameOf({ name }: Container): string {
  return name;
}
