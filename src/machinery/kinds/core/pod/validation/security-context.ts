import { fieldForbidden, invalidValue, notSupported, required } from "../../../../status/field-errors.ts";
import type {
  AppArmorProfile,
  PodSecurityContext,
  SeccompProfile,
  SecurityContext,
} from "../../../../types/core/v1.ts";
import { checkOptionalOneOf, checkRange, type Errors, maxInt32 } from "../../../validation/checks.ts";

const profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"];

export function checkSecurityContext(errors: Errors, path: string, context: SecurityContext, hostUsers: boolean): void {
  checkRange(errors, `${path}.runAsUser`, context.runAsUser, 0, maxInt32);
  checkRange(errors, `${path}.runAsGroup`, context.runAsGroup, 0, maxInt32);
  checkOptionalOneOf(errors, `${path}.procMount`, context.procMount, ["Default", "Unmasked"]);
  if (hostUsers && context.procMount === "Unmasked") {
    errors.push(invalidValue(`${path}.procMount`, context.procMount, "`hostUsers` must be false to use `Unmasked`"));
  }
  if (context.seccompProfile) checkSeccomp(errors, `${path}.seccompProfile`, context.seccompProfile);
  if (context.appArmorProfile) checkAppArmor(errors, `${path}.appArmorProfile`, context.appArmorProfile);
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged) {
      errors.push(
        invalidValue(path, context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"),
      );
    }
    if (context.capabilities?.add?.includes("CAP_SYS_ADMIN")) {
      errors.push(
        invalidValue(
          path,
          context,
          "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
        ),
      );
    }
  }
}

export function checkPodSecurityContext(errors: Errors, path: string, context: PodSecurityContext): void {
  checkRange(errors, `${path}.fsGroup`, context.fsGroup, 0, maxInt32);
  checkRange(errors, `${path}.runAsUser`, context.runAsUser, 0, maxInt32);
  checkRange(errors, `${path}.runAsGroup`, context.runAsGroup, 0, maxInt32);
  for (const [index, group] of (context.supplementalGroups ?? []).entries()) {
    checkRange(errors, `${path}.supplementalGroups[${index}]`, group, 0, maxInt32);
  }
  checkOptionalOneOf(errors, `${path}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ["Always", "OnRootMismatch"]);
  checkOptionalOneOf(errors, `${path}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, ["Merge", "Strict"]);
  if (context.seccompProfile) checkSeccomp(errors, `${path}.seccompProfile`, context.seccompProfile);
  if (context.appArmorProfile) checkAppArmor(errors, `${path}.appArmorProfile`, context.appArmorProfile);
  const names = new Set<string>();
  for (const [index, sysctl] of (context.sysctls ?? []).entries()) {
    const at = `${path}.sysctls[${index}].name`;
    if (!sysctl.name) errors.push(required(at));
    else if (!sysctlName.test(sysctl.name) || sysctl.name.length > 253) {
      errors.push(
        invalidValue(
          at,
          sysctl.name,
          "must have at most 253 characters and match regex ^([a-z0-9][-_a-z0-9]*[a-z0-9]?[\\./])*[a-z0-9][-_a-z0-9]*[a-z0-9]?$",
        ),
      );
    } else if (names.has(sysctl.name)) {
      errors.push({ type: "FieldValueDuplicate", field: at, message: `Duplicate value: "${sysctl.name}"` });
    }
    names.add(sysctl.name);
  }
}

const sysctlName = /^([a-z0-9][-_a-z0-9]*[./])*[a-z0-9][-_a-z0-9]*$/;

function checkSeccomp(errors: Errors, path: string, profile: SeccompProfile): void {
  checkProfile(errors, path, profile);
  const file = profile.localhostProfile;
  if (profile.type === "Localhost" && file !== undefined) {
    if (file.startsWith("/")) errors.push(invalidValue(`${path}.localhostProfile`, file, "must be a relative path"));
    if (file.split("/").includes("..")) {
      errors.push(invalidValue(`${path}.localhostProfile`, file, "must not contain '..'"));
    }
  }
}

function checkAppArmor(errors: Errors, path: string, profile: AppArmorProfile): void {
  checkProfile(errors, path, profile);
}

function checkProfile(errors: Errors, path: string, profile: SeccompProfile | AppArmorProfile): void {
  if (!profile.type) errors.push(required(`${path}.type`, "type is required when seccompProfile is set"));
  else if (!profileTypes.includes(profile.type)) errors.push(notSupported(`${path}.type`, profile.type, profileTypes));
  else if (profile.type === "Localhost" && profile.localhostProfile === undefined) {
    errors.push(required(`${path}.localhostProfile`, "must be set when seccomp type is Localhost"));
  } else if (profile.type !== "Localhost" && profile.localhostProfile !== undefined) {
    errors.push(
      invalidValue(
        `${path}.localhostProfile`,
        profile.localhostProfile,
        "can only be set when seccomp type is Localhost",
      ),
    );
  }
}

/** Namespaces of the host that a pod asks for forbid user namespaces of its own. */
export function checkHostUsers(
  errors: Errors,
  path: string,
  spec: {
    readonly hostUsers?: boolean;
    readonly hostNetwork?: boolean;
    readonly hostPID?: boolean;
    readonly hostIPC?: boolean;
  },
): void {
  if (spec.hostUsers !== false) return;
  for (const field of ["hostNetwork", "hostPID", "hostIPC"] as const) {
    if (spec[field]) errors.push(fieldForbidden(`${path}.${field}`, "when `hostUsers` is false"));
  }
}
