/** Security contexts, the container's over the pod's: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/ */
import { readFile } from "node:fs/promises";
import { isAbsolute, join, normalize } from "node:path";
import type { AppArmorProfile, Container, Pod, SELinuxOptions, SeccompProfile } from "../../machinery/types/core/v1.ts";
import type { ContainerConfig } from "../runtime/types.ts";
import { ContainerConfigError } from "./config-error.ts";

type SecuritySettings = Pick<
  ContainerConfig,
  | "user"
  | "supplementalGroups"
  | "privileged"
  | "readOnlyRootFilesystem"
  | "addCapabilities"
  | "dropCapabilities"
  | "noNewPrivileges"
  | "securityOpts"
>;

export interface SecurityInput {
  readonly pod: Pod;
  readonly container: Container;
  /** USER of the image. */
  readonly imageUser: string;
  /** Where Localhost seccomp profiles are found. */
  readonly seccompFolder: string;
}

/** Throws ContainerConfigError where runAsNonRoot cannot be kept, in the kubelet's words. */
export async function securitySettings(input: SecurityInput): Promise<SecuritySettings> {
  const { pod, container, imageUser, seccompFolder } = input;
  const ofPod = pod.spec?.securityContext ?? {};
  const own = container.securityContext ?? {};
  const runAsUser = own.runAsUser ?? ofPod.runAsUser;
  const runAsGroup = own.runAsGroup ?? ofPod.runAsGroup;
  verifyNonRoot(input, own.runAsNonRoot ?? ofPod.runAsNonRoot ?? false, runAsUser);
  const user = userOf(runAsUser, runAsGroup, imageUser);
  const groups = [...(ofPod.supplementalGroups ?? []), ...(ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup])];
  return {
    ...(user === undefined ? {} : { user }),
    supplementalGroups: [...new Set(groups)],
    privileged: own.privileged ?? false,
    readOnlyRootFilesystem: own.readOnlyRootFilesystem ?? false,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    securityOpts: [
      ...(await seccomp(own.seccompProfile ?? ofPod.seccompProfile, seccompFolder)),
      ...appArmor(own.appArmorProfile ?? ofPod.appArmorProfile),
      ...seLinux(own.seLinuxOptions ?? ofPod.seLinuxOptions),
    ],
  };
}

function userOf(user: number | undefined, group: number | undefined, imageUser: string): string | undefined {
  if (group !== undefined) return `${user ?? (imageUser.split(":")[0] || "0")}:${group}`;
  return user === undefined ? undefined : String(user);
}

function verifyNonRoot({ pod, container, imageUser }: SecurityInput, nonRoot: boolean, runAsUser: number | undefined) {
  if (!nonRoot) return;
  const { name, namespace, uid } = pod.metadata;
  const where = `(pod: "${name}_${namespace}(${uid})", container: ${container.name})`;
  if (runAsUser !== undefined) {
    if (runAsUser === 0) throw new ContainerConfigError(`container's runAsUser breaks non-root policy ${where}`);
    return;
  }
  const user = imageUser.split(":")[0] ?? "";
  if (user === "" || user === "0" || user === "root") {
    throw new ContainerConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
  if (!/^\d+$/.test(user)) {
    throw new ContainerConfigError(
      `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root ${where}`,
    );
  }
}

/** Without a profile the engine's default one applies (the kubelet's seccompDefault). */
async function seccomp(profile: SeccompProfile | undefined, folder: string): Promise<string[]> {
  if (profile?.type === "Unconfined") return ["seccomp=unconfined"];
  if (profile?.type !== "Localhost") return [];
  const name = normalize(profile.localhostProfile ?? "");
  if (name === "." || isAbsolute(name) || name.startsWith("..")) {
    throw new ContainerConfigError(
      `localhostProfile "${profile.localhostProfile ?? ""}" must be a path below ${folder}`,
    );
  }
  try {
    return [`seccomp=${JSON.stringify(JSON.parse(await readFile(join(folder, name), "utf8")))}`];
  } catch (error) {
    throw new ContainerConfigError(`failed to load seccomp profile "${name}": ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function appArmor(profile: AppArmorProfile | undefined): string[] {
  if (profile?.type === "Unconfined") return ["apparmor=unconfined"];
  return profile?.type === "Localhost" ? [`apparmor=${profile.localhostProfile ?? ""}`] : [];
}

function seLinux(options: SELinuxOptions | undefined): string[] {
  return (["user", "role", "type", "level"] as const).flatMap((part) =>
    options?.[part] ? [`label=${part}:${options[part]}`] : [],
  );
}
