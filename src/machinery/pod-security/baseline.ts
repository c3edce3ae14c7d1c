/**
 * What the Baseline standard forbids (https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline), in
 * the words of k8s.io/pod-security-admission. In the order in which violations are told.
 */
import { goQuote } from "../status/go-format.ts";
import type { Container, PodSpec } from "../types/core/v1.ts";
import type { ObjectMeta } from "../types/meta/v1.ts";
import type { Check } from "./checks.ts";
import { containersOf, named, plural, quoted, setters, sorted, type Violation } from "./words.ts";

const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";

export function appArmorProfile(spec: PodSpec, metadata: ObjectMeta): Violation | undefined {
  const allowed = (type: string): boolean => type === "RuntimeDefault" || type === "Localhost";
  const values: string[] = [];
  const bad = ({ appArmorProfile: profile }: { appArmorProfile?: { type: string } }): boolean => {
    if (profile === undefined || allowed(profile.type)) return false;
    values.push(profile.type);
    return true;
  };
  const pod = bad(spec.securityContext ?? {});
  const names = containersOf(spec).filter(({ securityContext }) => bad(securityContext ?? {}));
  const annotations: string[] = [];
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    if (!key.startsWith(appArmorPrefix)) continue;
    if (value !== "" && value !== "runtime/default" && !value.startsWith("localhost/")) {
      annotations.push(`${key}=${goQuote(value)}`);
    }
  }
  const who = [setters(pod, names.map(nameOf))].filter((text) => text !== "");
  if (annotations.length > 0) who.push(plural("annotation", "annotations", annotations.length));
  if (who.length === 0) return undefined;
  const all = [...sorted(values), ...annotations.sort()];
  return {
    reason: plural("forbidden AppArmor profile", "forbidden AppArmor profiles", all.length),
    detail: `${who.join(" and ")} must not set AppArmor profile type to ${quoted(all)}`,
  };
}

const defaultCapabilities: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

export function capabilities(spec: PodSpec): Violation | undefined {
  const added: string[] = [];
  const bad = containersOf(spec).filter(({ securityContext }) => {
    const others = (securityContext?.capabilities?.add ?? []).filter((name) => !defaultCapabilities.has(name));
    added.push(...others);
    return others.length > 0;
  });
  if (bad.length === 0) return undefined;
  return {
    reason: "non-default capabilities",
    detail: `${named(bad.map(nameOf))} must not include ${quoted(sorted(added))} in securityContext.capabilities.add`,
  };
}

export function hostNamespaces(spec: PodSpec): Violation | undefined {
  const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((name) => spec[name] === true);
  if (shared.length === 0) return undefined;
  return { reason: "host namespaces", detail: shared.map((name) => `${name}=true`).join(", ") };
}

export function hostPathVolumes(spec: PodSpec): Violation | undefined {
  const bad = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  if (bad.length === 0) return undefined;
  return { reason: "hostPath volumes", detail: `${plural("volume", "volumes", bad.length)} ${quoted(bad)}` };
}

export function hostPorts(spec: PodSpec): Violation | undefined {
  const ports: string[] = [];
  const bad = containersOf(spec).filter((container) => {
    const taken = (container.ports ?? []).filter(({ hostPort }) => hostPort !== undefined && hostPort !== 0);
    ports.push(...taken.map(({ hostPort }) => String(hostPort)));
    return taken.length > 0;
  });
  if (bad.length === 0) return undefined;
  const all = sorted(ports);
  const verb = plural("uses", "use", bad.length);
  return {
    reason: "hostPort",
    detail: `${named(bad.map(nameOf))} ${verb} ${plural("hostPort", "hostPorts", all.length)} ${all.join(", ")}`,
  };
}

export function hostProbes(spec: PodSpec): Violation | undefined {
  const hosts: string[] = [];
  const bad: string[] = [];
  for (const container of containersOf(spec)) {
    const own = hostsOf(container);
    if (own.length > 0) bad.push(container.name);
    hosts.push(...own);
  }
  if (bad.length === 0) return undefined;
  const all = sorted(hosts);
  const names = sorted(bad);
  const what = plural("probe or lifecycle host", "probe or lifecycle hosts", all.length);
  return {
    reason: "probe or lifecycle host",
    detail: `${named(names)} ${plural("uses", "use", names.length)} ${what} ${quoted(all)}`,
  };
}

function hostsOf({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container): string[] {
  const hosts: string[] = [];
  for (const handler of [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]) {
    if (handler?.httpGet?.host) hosts.push(handler.httpGet.host);
    if (handler?.tcpSocket?.host) hosts.push(handler.tcpSocket.host);
  }
  return hosts;
}

export function privilegedContainers(spec: PodSpec): Violation | undefined {
  const bad = containersOf(spec).filter(({ securityContext }) => securityContext?.privileged === true);
  if (bad.length === 0) return undefined;
  return { reason: "privileged", detail: `${named(bad.map(nameOf))} must not set securityContext.privileged=true` };
}

export function procMount(spec: PodSpec): Violation | undefined {
  const types: string[] = [];
  const bad = containersOf(spec).filter(({ securityContext }) => {
    const type = securityContext?.procMount;
    if (type === undefined || type === "Default") return false;
    types.push(type);
    return true;
  });
  if (bad.length === 0) return undefined;
  return {
    reason: "procMount",
    detail: `${named(bad.map(nameOf))} must not set securityContext.procMount to ${quoted(sorted(types))}`,
  };
}

function seLinux(allowed: readonly string[]): Check {
  return (spec) => {
    const types: string[] = [];
    let [user, role] = [false, false];
    const bad = (options: { type?: string; user?: string; role?: string } | undefined): boolean => {
      if (options === undefined) return false;
      const wrong = options.type !== undefined && !allowed.includes(options.type);
      if (wrong && options.type !== undefined) types.push(options.type);
      user ||= Boolean(options.user);
      role ||= Boolean(options.role);
      return wrong || Boolean(options.user) || Boolean(options.role);
    };
    const pod = bad(spec.securityContext?.seLinuxOptions);
    const names = containersOf(spec).filter(({ securityContext }) => bad(securityContext?.seLinuxOptions));
    if (!pod && names.length === 0) return undefined;
    const distinct = sorted(types);
    const what = [
      ...(distinct.length > 0 ? [`${plural("type", "types", distinct.length)} ${quoted(distinct)}`] : []),
      ...(user ? ["user may not be set"] : []),
      ...(role ? ["role may not be set"] : []),
    ];
    const who = setters(pod, names.map(nameOf));
    return {
      reason: "seLinuxOptions",
      detail: `${who} set forbidden securityContext.seLinuxOptions: ${what.join("; ")}`,
    };
  };
}

const seLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t"];
export const seLinuxOptions = seLinux(seLinuxTypes);
export const seLinuxOptionsSince31 = seLinux([...seLinuxTypes, "container_engine_t"]);

function sysctlsBut(allowed: readonly string[]): Check {
  return (spec) => {
    const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !allowed.includes(name));
    return bad.length === 0 ? undefined : { reason: "forbidden sysctls", detail: bad.join(", ") };
  };
}

const safeSysctls = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
];
const since27 = [...safeSysctls, "net.ipv4.ip_local_reserved_ports"];
const since29 = [
  ...since27,
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
];
export const sysctls = sysctlsBut(safeSysctls);
export const sysctlsSince27 = sysctlsBut(since27);
export const sysctlsSince29 = sysctlsBut(since29);
export const sysctlsSince32 = sysctlsBut([...since29, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"]);

export function windowsHostProcess(spec: PodSpec): Violation | undefined {
  const isHost = (context: { windowsOptions?: { hostProcess?: boolean } } | undefined): boolean =>
    context?.windowsOptions?.hostProcess === true;
  const pod = isHost(spec.securityContext);
  const names = containersOf(spec).filter(({ securityContext }) => isHost(securityContext));
  if (!pod && names.length === 0) return undefined;
  const who = setters(pod, names.map(nameOf));
  return { reason: "hostProcess", detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
}

function nameOf({ name }: Container): string {
  return name;
}
