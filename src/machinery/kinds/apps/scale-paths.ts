import type { ScalePaths } from "../types.ts";

/** The scale subresource of every workload whose selector is a LabelSelector. */
export const workloadScale: ScalePaths = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };
