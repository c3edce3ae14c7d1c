import type { Clock } from "../../machinery/clock.ts";
import type { Store } from "../../store/types.ts";
import type { Authorizer } from "../authz/types.ts";
import type { Client } from "../client/types.ts";
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from "./certificates.ts";
import { defaultIngressClass } from "./default-ingress-class.ts";
import { defaultStorageClass } from "./default-storage-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { limitRanger } from "./limit-ranger.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeRestriction } from "./node-restriction/plugin.ts";
import { AdmissionObjects } from "./objects.ts";
import { persistentVolumeClaimResize } from "./persistent-volume-claim-resize.ts";
import { type PodSecurityOptions, podSecurity } from "./pod-security/plugin.ts";
import { priority } from "./priority.ts";
import { resourceQuota } from "./resource-quota/plugin.ts";
import { runtimeClass } from "./runtime-class.ts";
import { serviceAccount } from "./service-account/plugin.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use-protection.ts";
import { taintNodesByCondition } from "./taint-nodes-by-condition.ts";
import type { AdmissionPlugin } from "./types.ts";

/** What the plugins look at besides the request. */
export interface AdmissionParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly authorizer: Authorizer;
  /** As the API server itself; asked for only when it is needed. */
  readonly client: () => Client;
  /** As --disable-admission-plugins. */
  readonly disabled?: readonly string[];
  readonly podSecurity?: PodSecurityOptions | undefined;
  /** Tells the audit log of the request that runs; absent: there is none. */
  readonly annotate?: ((annotations: Readonly<Record<string, string>>) => void) | undefined;
}

/**
 * The plugins that are on by default, in kube-apiserver's order (AllOrderedPlugins; NodeRestriction is on as kubeadm has it).
 * A place that is empty has its name in a comment.
 */
export function admissionPlugins(parts: AdmissionParts): readonly AdmissionPlugin[] {
  const { store, clock, authorizer, disabled = [] } = parts;
  const objects = new AdmissionObjects(store);
  const plugins = [
    namespaceLifecycle(store),
    limitRanger(objects),
    serviceAccount(objects, clock),
    nodeRestriction(objects),
    taintNodesByCondition,
    podSecurity(objects, parts.podSecurity, parts.annotate),
    priority(objects),
    defaultTolerationSeconds,
    defaultStorageClass(objects),
    storageObjectInUseProtection,
    persistentVolumeClaimResize(objects),
    runtimeClass(objects),
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    certificateSubjectRestriction,
    defaultIngressClass(objects),
    // MutatingAdmissionPolicy, MutatingAdmissionWebhook, ValidatingAdmissionPolicy, ValidatingAdmissionWebhook: everything
    // that a cluster brings itself sees what the plugins above have made of a request, and only ResourceQuota comes after.
    resourceQuota({ objects, store, clock, client: parts.client }),
  ];
  return plugins.filter(({ name }) => !disabled.includes(name));
}
