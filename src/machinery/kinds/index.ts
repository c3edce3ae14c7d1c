/** Every kind that Kubernetes 1.36 serves as GA, as data. */
import { admissionregistrationDefinitions } from "./admissionregistration/definitions.ts";
import { apiextensionsDefinitions } from "./apiextensions/definitions.ts";
import { apiregistrationDefinitions } from "./apiregistration/definitions.ts";
import { appsDefinitions } from "./apps/definitions.ts";
import { autoscalingDefinitions } from "./autoscaling/definitions.ts";
import { batchDefinitions } from "./batch/definitions.ts";
import { certificatesDefinitions } from "./certificates/definitions.ts";
import { coordinationDefinitions } from "./coordination/definitions.ts";
import { coreDefinitions } from "./core/definitions.ts";
import { discoveryDefinitions } from "./discovery/definitions.ts";
import { eventsDefinitions } from "./events/definitions.ts";
import { flowcontrolDefinitions } from "./flowcontrol/definitions.ts";
import { metricsDefinitions } from "./metrics/definitions.ts";
import { networkingDefinitions } from "./networking/definitions.ts";
import { nodeDefinitions } from "./node/definitions.ts";
import { policyDefinitions } from "./policy/definitions.ts";
import { rbacDefinitions } from "./rbac/definitions.ts";
import { resourceDefinitions } from "./resource/definitions.ts";
import { reviewDefinitions } from "./reviews/definitions.ts";
import { schedulingDefinitions } from "./scheduling/definitions.ts";
import { storageDefinitions } from "./storage/definitions.ts";
import type { ResourceDefinition } from "./types.ts";

const definitions: readonly ResourceDefinition[] = [
  ...coreDefinitions,
  ...apiregistrationDefinitions,
  ...eventsDefinitions,
  ...appsDefinitions,
  ...reviewDefinitions,
  ...autoscalingDefinitions,
  ...batchDefinitions,
  ...certificatesDefinitions,
  ...networkingDefinitions,
  ...policyDefinitions,
  ...rbacDefinitions,
  ...storageDefinitions,
  ...admissionregistrationDefinitions,
  ...apiextensionsDefinitions,
  ...schedulingDefinitions,
  ...coordinationDefinitions,
  ...nodeDefinitions,
  ...discoveryDefinitions,
  ...flowcontrolDefinitions,
  ...resourceDefinitions,
  ...metricsDefinitions,
];

/** Groups in the order in which kube-apiserver's discovery lists them. Schemas are made when first asked for. */
export function builtinDefinitions(): readonly ResourceDefinition[] {
  return definitions;
}
