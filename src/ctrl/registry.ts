import { approvingController } from "./certificates/approving.ts";
import { cleaningController } from "./certificates/cleaning.ts";
import { signingController } from "./certificates/signing.ts";
import { daemonSetController } from "./daemonset/daemonset.ts";
import { deploymentController } from "./deployment/deployment.ts";
import { disruptionController } from "./disruption/disruption.ts";
import { endpointController } from "./endpoint/endpoint.ts";
import { endpointSliceController } from "./endpointslice/endpointslice.ts";
import { endpointSliceMirroringController } from "./endpointslicemirroring/endpointslicemirroring.ts";
import { garbageCollector } from "./garbagecollector/garbagecollector.ts";
import { namespaceController } from "./namespace/namespace.ts";
import { nodeIpamController } from "./nodeipam/nodeipam.ts";
import { nodeLifecycleController } from "./nodelifecycle/nodelifecycle.ts";
import { taintEvictionController } from "./nodelifecycle/taint-eviction.ts";
import { podGcController } from "./podgc/podgc.ts";
import { replicaSetController, replicationController } from "./replicaset/replicaset.ts";
import { resourceQuotaController } from "./resourcequota/resourcequota.ts";
import { rootCaPublisher } from "./rootca/publisher.ts";
import { serviceLbController } from "./service-lb/service-lb.ts";
import { serviceAccountController } from "./serviceaccount/serviceaccount.ts";
import { ipAddressController } from "./servicecidrs/ip-addresses.ts";
import { serviceCidrsController } from "./servicecidrs/servicecidrs.ts";
import { tokenCleaner } from "./tokencleaner/tokencleaner.ts";
import { ttlEventController } from "./ttl-event/ttl-event.ts";
import type { ControllerFactory } from "./types.ts";
import { persistentVolumeProtection } from "./volumeprotection/persistent-volume.ts";
import { persistentVolumeClaimProtection } from "./volumeprotection/persistent-volume-claim.ts";

export interface RegisteredController {
  /** As Controller.name. */
  readonly name: string;
  /** The service account in kube-system whose rights it has; also the source component of its events. */
  readonly serviceAccount: string;
  readonly create: ControllerFactory;
}

/**
 * Every controller there is, under kube-controller-manager's names for their service accounts.
 * The workloads still to come (statefulset, job, cronjob) have their place here and a folder of their own
 * beside the others.
 */
export const controllers: readonly RegisteredController[] = [
  { name: "deployment", serviceAccount: "deployment-controller", create: deploymentController },
  { name: "replicaset", serviceAccount: "replicaset-controller", create: replicaSetController },
  { name: "replicationcontroller", serviceAccount: "replication-controller", create: replicationController },
  { name: "daemonset", serviceAccount: "daemon-set-controller", create: daemonSetController },
  { name: "namespace", serviceAccount: "namespace-controller", create: namespaceController },
  { name: "serviceaccount", serviceAccount: "service-account-controller", create: serviceAccountController },
  { name: "rootca", serviceAccount: "root-ca-cert-publisher", create: rootCaPublisher },
  { name: "garbagecollector", serviceAccount: "generic-garbage-collector", create: garbageCollector },
  { name: "endpoint", serviceAccount: "endpoint-controller", create: endpointController },
  { name: "endpointslice", serviceAccount: "endpointslice-controller", create: endpointSliceController },
  {
    name: "endpointslicemirroring",
    serviceAccount: "endpointslicemirroring-controller",
    create: endpointSliceMirroringController,
  },
  { name: "nodeipam", serviceAccount: "node-controller", create: nodeIpamController },
  { name: "nodelifecycle", serviceAccount: "node-controller", create: nodeLifecycleController },
  { name: "taint-eviction", serviceAccount: "node-controller", create: taintEvictionController },
  { name: "service-lb", serviceAccount: "service-controller", create: serviceLbController },
  { name: "servicecidrs", serviceAccount: "service-cidrs-controller", create: serviceCidrsController },
  { name: "ip-addresses", serviceAccount: "service-ip-controller", create: ipAddressController },
  { name: "podgc", serviceAccount: "pod-garbage-collector", create: podGcController },
  { name: "tokencleaner", serviceAccount: "token-cleaner", create: tokenCleaner },
  { name: "csrapproving", serviceAccount: "certificate-controller", create: approvingController },
  { name: "csrsigning", serviceAccount: "certificate-controller", create: signingController },
  { name: "csrcleaner", serviceAccount: "certificate-controller", create: cleaningController },
  { name: "pv-protection", serviceAccount: "pv-protection-controller", create: persistentVolumeProtection },
  { name: "pvc-protection", serviceAccount: "pvc-protection-controller", create: persistentVolumeClaimProtection },
  { name: "disruption", serviceAccount: "disruption-controller", create: disruptionController },
  { name: "resourcequota", serviceAccount: "resourcequota-controller", create: resourceQuotaController },
  { name: "ttl-event", serviceAccount: "ttl-event-controller", create: ttlEventController },
];
