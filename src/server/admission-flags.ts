import { admissionPluginNames } from "../api/admission/plugin-names.ts";
import type { ApiFlags } from "./api-flags.ts";
import { ConfigError } from "./setting.ts";

type AdmissionFlags = Pick<ApiFlags, "enableAdmissionPlugins" | "disableAdmissionPlugins">;

/**
 * The plugins to do without. Throws ConfigError for names that are not known, also in kube-apiserver's sense: who counts on
 * a plugin that is not there must not be left in the belief that it works.
 */
export function disabledPlugins({
  enableAdmissionPlugins,
  disableAdmissionPlugins,
}: AdmissionFlags): readonly string[] {
  check("--enable-admission-plugins", enableAdmissionPlugins);
  check("--disable-admission-plugins", disableAdmissionPlugins);
  const both = enableAdmissionPlugins.filter((name) => disableAdmissionPlugins.includes(name));
  if (both.length > 0) {
    throw new ConfigError(
      `${both.join(", ")} in --enable-admission-plugins and --disable-admission-plugins overlapped: name each in one of them`,
    );
  }
  return disableAdmissionPlugins;
}

function check(flag: string, names: readonly string[]): void {
  const unknown = names.find((name) => !admissionPluginNames.includes(name));
  if (unknown === undefined) return;
  throw new ConfigError(`${flag}: plugin "${unknown}" is unknown; known are ${admissionPluginNames.join(", ")}`);
}
