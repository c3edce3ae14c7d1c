import type { Container, PodSpec, Volume } from "../../../machinery/types/core/v1.ts";
import { generateName } from "../../pipeline/names.ts";

const volumePrefix = "kube-api-access-";
const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

/** A little over an hour: tells the clients that renew theirs from those that expect a year (KEP-1205). */
const expirationSeconds = 3607;

/** Puts the account's token, the cluster's CA and the namespace into every container that has nothing at their place. */
export function mountToken(spec: PodSpec): void {
  const present = spec.volumes?.find(({ name }) => name.startsWith(volumePrefix));
  const name = present?.name ?? generateName(volumePrefix);
  let needed = false;
  for (const container of spec.initContainers ?? []) needed = mountIn(container, name) || needed;
  for (const container of spec.containers ?? []) needed = mountIn(container, name) || needed;
  if (needed && present === undefined) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function mountIn(container: Container, name: string): boolean {
  if (container.volumeMounts?.some((mount) => mount.mountPath === mountPath)) return false;
  container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
  return true;
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
          },
        },
      ],
      defaultMode: 0o644,
    },
  };
}
