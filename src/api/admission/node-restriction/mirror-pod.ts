import { goQuote } from "../../../machinery/status/go-format.ts";
import type { Node, Pod, PodSpec } from "../../../machinery/types/core/v1.ts";

const mirror = "kubernetes.io/config.mirror";

/** Why a node may not make this pod: only the shadow of one that it runs by itself, which has nothing of the cluster's. */
export function refusedMirrorPod({ metadata, spec }: Pod, node: string, object: Node | undefined): string | undefined {
  const own = `node ${goQuote(node)}`;
  if (metadata.annotations?.[mirror] === undefined) {
    return `pod does not have ${goQuote(mirror)} annotation, ${own} can only create mirror pods`;
  }
  if (spec?.nodeName !== node) return `${own} can only create pods with spec.nodeName set to itself`;
  const [owner, ...others] = metadata.ownerReferences ?? [];
  if (others.length > 0) return `${own} can only create pods with a single owner reference set to itself`;
  if (owner?.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node) {
    return `${own} can only create pods with an owner reference set to itself`;
  }
  if (owner.controller !== true) {
    return `${own} can only create pods with a controller owner reference set to itself`;
  }
  if (owner.blockOwnerDeletion === true) return `${own} must not set blockOwnerDeletion on an owner reference`;
  if (object === undefined) return `error looking up node ${node} to verify uid: node ${goQuote(node)} not found`;
  if (owner.uid !== object.metadata.uid) {
    return `node ${node} UID mismatch: expected ${owner.uid} got ${object.metadata.uid}`;
  }
  const what = referenced(spec);
  return what === undefined ? undefined : `${own} can not create pods that reference ${what}`;
}

function referenced(spec: PodSpec): string | undefined {
  if (spec.serviceAccountName) return "a service account";
  const volumes = spec.volumes ?? [];
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const values = containers.flatMap(({ env }) => env ?? []).map(({ valueFrom }) => valueFrom);
  const froms = containers.flatMap(({ envFrom }) => envFrom ?? []);
  const secrets =
    (spec.imagePullSecrets ?? []).length > 0 ||
    volumes.some(({ secret }) => secret) ||
    sources.some(({ secret }) => secret) ||
    values.some((value) => value?.secretKeyRef) ||
    froms.some(({ secretRef }) => secretRef);
  if (secrets) return "secrets";
  const maps =
    volumes.some(({ configMap }) => configMap) ||
    sources.some(({ configMap }) => configMap) ||
    values.some((value) => value?.configMapKeyRef) ||
    froms.some(({ configMapRef }) => configMapRef);
  if (maps) return "configmaps";
  if (sources.some(({ clusterTrustBundle }) => clusterTrustBundle)) return "clustertrustbundles";
  if (volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim)) return "persistentvolumeclaims";
  return undefined;
}
