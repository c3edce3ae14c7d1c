import type { AdmissionChain, AdmissionPlugin, AdmissionRequest } from "./types.ts";

/**
 * Runs the plugins in their order, first all that change, later all that only judge. The order is kube-apiserver's
 * (AllOrderedPlugins); webhooks and policies have their places after LimitRanger and before ResourceQuota.
 */
export function admissionChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  return {
    admit: (request) => run(plugins, 0, "admit", request),
    validate: (request) => run(plugins, 0, "validate", request),
  };
}

function run(
  plugins: readonly AdmissionPlugin[],
  from: number,
  step: "admit" | "validate",
  request: AdmissionRequest,
): void | Promise<void> {
  for (let i = from; i < plugins.length; i++) {
    const plugin = plugins[i];
    if (plugin?.[step] === undefined || !plugin.handles(request)) continue;
    const pending = plugin[step](request);
    if (pending) return pending.then(() => run(plugins, i + 1, step, request));
  }
}
