import type { ConfigMap } from "../../machinery/types/core/v1.ts";
import { onePerNamespace } from "../per-namespace.ts";
import type { ControllerFactory } from "../types.ts";

const name = "kube-root-ca.crt";
const descriptionAnnotation = "kubernetes.io/description";
const description =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the " +
  "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/** Every namespace has the CA by which its pods know the API server; their service account volumes bring it in. */
export const rootCaPublisher: ControllerFactory = (context) =>
  onePerNamespace<ConfigMap>(context, {
    name: "rootca",
    gvr: { group: "", version: "v1", resource: "configmaps" },
    objectName: name,
    wanted(current, namespace) {
      const data = { "ca.crt": context.rootCertificate };
      if (!current) {
        const metadata = { name, namespace, annotations: { [descriptionAnnotation]: description } };
        return { apiVersion: "v1", kind: "ConfigMap", metadata, data };
      }
      const { metadata } = current;
      const same = Object.keys(current.data ?? {}).length === 1 && current.data?.["ca.crt"] === context.rootCertificate;
      if (same && metadata.annotations?.[descriptionAnnotation] !== undefined) return undefined;
      const annotations = { ...metadata.annotations, [descriptionAnnotation]: description };
      return { ...current, metadata: { ...metadata, annotations }, data };
    },
  });
