import type { Clock } from "../../../machinery/clock.ts";
import type { Pod, PodSpec, ServiceAccount } from "../../../machinery/types/core/v1.ts";
import { isPods } from "../concerns.ts";
import type { AdmissionObjects } from "../objects.ts";
import { refuse } from "../refuse.ts";
import type { AdmissionPlugin, AdmissionRequest } from "../types.ts";
import { mountToken } from "./mount-token.ts";
import { secretNotListed } from "./mountable-secrets.ts";

const mirror = "kubernetes.io/config.mirror";
const enforced = "kubernetes.io/enforce-mountable-secrets";
const defaultName = "default";

/** The default account is made by a controller: a pod that comes just before it waits a little, as in kube-apiserver. */
const attempts = 10;
const pause = 100;

/** https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#serviceaccount-admission-controller */
export function serviceAccount(objects: AdmissionObjects, clock: Clock): AdmissionPlugin {
  return {
    name: "ServiceAccount",
    handles: (operation, resource, subresource) =>
      isPods(resource) &&
      ((operation === "CREATE" && subresource === "") ||
        (operation === "UPDATE" && subresource === "ephemeralcontainers")),
    admit(request) {
      const pod = request.object as Pod;
      const { spec } = pod;
      if (request.operation !== "CREATE" || spec === undefined || isMirror(pod)) return;
      spec.serviceAccountName ||= defaultName;
      // The old name of the field is kept in step.
      spec.serviceAccount = spec.serviceAccountName;
      return accountOf(objects, clock, request, spec.serviceAccountName).then((account) => {
        if (automounts(account, spec)) mountToken(spec);
        if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
          spec.imagePullSecrets = account.imagePullSecrets.map(({ name }) => (name === undefined ? {} : { name }));
        }
      });
    },
    async validate(request) {
      const pod = request.object as Pod;
      const { spec } = pod;
      if (spec === undefined) return;
      if (request.operation === "CREATE" && isMirror(pod)) {
        const why = refusedToMirror(spec);
        if (why !== undefined) throw refuse(request, why);
        return;
      }
      if (!spec.serviceAccountName) {
        if (request.operation === "UPDATE") return;
        throw refuse(request, `no service account specified for pod ${request.namespace}/${pod.metadata.name ?? ""}`);
      }
      const account = await accountOf(objects, clock, request, spec.serviceAccountName);
      if (account.metadata.annotations?.[enforced] !== "true") return;
      const why = secretNotListed(account, spec, request.operation === "UPDATE" ? "ephemeral" : "all");
      if (why !== undefined) throw refuse(request, why);
    },
  };
}

async function accountOf(
  objects: AdmissionObjects,
  clock: Clock,
  request: AdmissionRequest,
  name: string,
): Promise<ServiceAccount> {
  const { namespace } = request;
  for (let attempt = 1; ; attempt++) {
    const found = await objects.get<ServiceAccount>("serviceaccounts", namespace, name);
    if (found !== undefined) return found;
    if (name !== defaultName || attempt === attempts) break;
    await new Promise<void>((resolve) => clock.after(pause, resolve));
  }
  throw refuse(
    request,
    `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
  );
}

/** The pod's word counts before the account's. */
function automounts({ automountServiceAccountToken: account = true }: ServiceAccount, spec: PodSpec): boolean {
  return spec.automountServiceAccountToken ?? account;
}

function isMirror({ metadata }: Pod): boolean {
  return metadata.annotations?.[mirror] !== undefined;
}

/** A pod that a node shows of its own making has no right to anything of the cluster's. */
function refusedToMirror(spec: PodSpec): string | undefined {
  if (spec.serviceAccountName) return "a mirror pod may not reference service accounts";
  const volumes = spec.volumes ?? [];
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const secrets =
    volumes.some(({ secret, projected }) => secret || projected?.sources?.some((source) => source.secret)) ||
    (spec.imagePullSecrets ?? []).length > 0 ||
    containers.some(
      ({ env, envFrom }) =>
        env?.some(({ valueFrom }) => valueFrom?.secretKeyRef) || envFrom?.some(({ secretRef }) => secretRef),
    );
  if (secrets) return "a mirror pod may not reference secrets";
  if (volumes.some(({ projected }) => projected?.sources?.some((source) => source.serviceAccountToken))) {
    return "a mirror pod may not use ServiceAccountToken volume projections";
  }
  return undefined;
}
