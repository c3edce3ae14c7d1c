/** What the server tells every node of the network. */
import { createHash } from "node:crypto";
import type { ClusterNetwork } from "../../proto/agent.ts";
import type { ServerConfig } from "./config.ts";
import type { ClusterCertificates } from "./pki/certificate-files.ts";

export function clusterNetwork(
  { clusterCidr, serviceCidr, overlay }: Pick<ServerConfig, "clusterCidr" | "serviceCidr" | "overlay">,
  { ca }: Pick<ClusterCertificates, "ca">,
): ClusterNetwork {
  // Of all that a cluster has for good, its CA is what no other cluster has.
  const hash = createHash("sha256").update(ca.cert).digest().readUIntBE(0, 3);
  return {
    apiVersion: "kl.dev/v1",
    kind: "ClusterNetwork",
    metadata: { name: "cluster" },
    spec: {
      clusterCIDR: clusterCidr,
      serviceCIDR: serviceCidr,
      clusterDomain: "cluster.local",
      overlay,
      vxlanID: hash || 1,
    },
  };
}
