/**
 * The resources that every Kubernetes cluster has, so that `kl get pods` need not ask for them: discovery is two requests
 * and a tenth of a megabyte. A test compares the table with the definitions that the server serves.
 */
import type { ApiResource } from "./resource-mapping.ts";

/** group version plural singular kind scope short-names */
const table = `
- v1 componentstatuses componentstatus ComponentStatus Cluster cs
- v1 configmaps configmap ConfigMap Namespaced cm
- v1 endpoints endpoints Endpoints Namespaced ep
- v1 events event Event Namespaced ev
- v1 limitranges limitrange LimitRange Namespaced limits
- v1 namespaces namespace Namespace Cluster ns
- v1 nodes node Node Cluster no
- v1 persistentvolumeclaims persistentvolumeclaim PersistentVolumeClaim Namespaced pvc
- v1 persistentvolumes persistentvolume PersistentVolume Cluster pv
- v1 pods pod Pod Namespaced po
- v1 podtemplates podtemplate PodTemplate Namespaced -
- v1 replicationcontrollers replicationcontroller ReplicationController Namespaced rc
- v1 resourcequotas resourcequota ResourceQuota Namespaced quota
- v1 secrets secret Secret Namespaced -
- v1 serviceaccounts serviceaccount ServiceAccount Namespaced sa
- v1 services service Service Namespaced svc
events.k8s.io v1 events event Event Namespaced ev
apps v1 controllerrevisions controllerrevision ControllerRevision Namespaced -
apps v1 daemonsets daemonset DaemonSet Namespaced ds
apps v1 deployments deployment Deployment Namespaced deploy
apps v1 replicasets replicaset ReplicaSet Namespaced rs
apps v1 statefulsets statefulset StatefulSet Namespaced sts
autoscaling v2 horizontalpodautoscalers horizontalpodautoscaler HorizontalPodAutoscaler Namespaced hpa
batch v1 cronjobs cronjob CronJob Namespaced cj
batch v1 jobs job Job Namespaced -
certificates.k8s.io v1 certificatesigningrequests certificatesigningrequest CertificateSigningRequest Cluster csr
networking.k8s.io v1 ingressclasses ingressclass IngressClass Cluster -
networking.k8s.io v1 ingresses ingress Ingress Namespaced ing
networking.k8s.io v1 networkpolicies networkpolicy NetworkPolicy Namespaced netpol
policy v1 poddisruptionbudgets poddisruptionbudget PodDisruptionBudget Namespaced pdb
rbac.authorization.k8s.io v1 clusterrolebindings clusterrolebinding ClusterRoleBinding Cluster -
rbac.authorization.k8s.io v1 clusterroles clusterrole ClusterRole Cluster -
rbac.authorization.k8s.io v1 rolebindings rolebinding RoleBinding Namespaced -
rbac.authorization.k8s.io v1 roles role Role Namespaced -
storage.k8s.io v1 csidrivers csidriver CSIDriver Cluster -
storage.k8s.io v1 csinodes csinode CSINode Cluster -
storage.k8s.io v1 csistoragecapacities csistoragecapacity CSIStorageCapacity Namespaced -
storage.k8s.io v1 storageclasses storageclass StorageClass Cluster sc
storage.k8s.io v1 volumeattachments volumeattachment VolumeAttachment Cluster -
admissionregistration.k8s.io v1 mutatingwebhookconfigurations mutatingwebhookconfiguration MutatingWebhookConfiguration Cluster -
admissionregistration.k8s.io v1 validatingadmissionpolicies validatingadmissionpolicy ValidatingAdmissionPolicy Cluster -
admissionregistration.k8s.io v1 validatingadmissionpolicybindings validatingadmissionpolicybinding ValidatingAdmissionPolicyBinding Cluster -
admissionregistration.k8s.io v1 validatingwebhookconfigurations validatingwebhookconfiguration ValidatingWebhookConfiguration Cluster -
apiextensions.k8s.io v1 customresourcedefinitions customresourcedefinition CustomResourceDefinition Cluster crd,crds
scheduling.k8s.io v1 priorityclasses priorityclass PriorityClass Cluster pc
coordination.k8s.io v1 leases lease Lease Namespaced -
node.k8s.io v1 runtimeclasses runtimeclass RuntimeClass Cluster -
discovery.k8s.io v1 endpointslices endpointslice EndpointSlice Namespaced -
flowcontrol.apiserver.k8s.io v1 flowschemas flowschema FlowSchema Cluster -
flowcontrol.apiserver.k8s.io v1 prioritylevelconfigurations prioritylevelconfiguration PriorityLevelConfiguration Cluster -
`;

/** "pods", "po", "Deployment", "deployments.apps", "deployments.v1.apps". Undefined: discovery has to tell. */
export function findBuiltin(argument: string): ApiResource | undefined {
  const wanted = argument.toLowerCase();
  const dot = wanted.indexOf(".");
  const name = dot < 0 ? wanted : wanted.slice(0, dot);
  const suffix = dot < 0 ? "" : wanted.slice(dot + 1);
  return find(
    ({ group, version, plural, singular, kind, shortNames }) =>
      (plural === name || singular === name || kind.toLowerCase() === name || shortNames.includes(name)) &&
      (suffix === "" || (group !== "" && (suffix === group || suffix === `${version}.${group}`))),
  );
}

export function findBuiltinKind(apiVersion: string, kind: string): ApiResource | undefined {
  return find(
    (resource) =>
      resource.kind === kind &&
      apiVersion === (resource.group === "" ? resource.version : `${resource.group}/${resource.version}`),
  );
}

export function builtinResources(): readonly ApiResource[] {
  resources ??= table.trim().split("\n").map(parseRow);
  return resources;
}

let resources: readonly ApiResource[] | undefined;

function find(matches: (resource: ApiResource) => boolean): ApiResource | undefined {
  return builtinResources().find(matches);
}

function parseRow(row: string): ApiResource {
  const [group = "", version = "", plural = "", singular = "", kind = "", scope = "", shortNames = ""] = row.split(" ");
  return {
    group: group === "-" ? "" : group,
    version,
    plural,
    singular,
    kind,
    namespaced: scope === "Namespaced",
    shortNames: shortNames === "-" ? [] : shortNames.split(","),
    categories: [],
  };
}
