import type { Ingress, IngressClass } from "../../machinery/types/networking/v1.ts";
import { isKind } from "./concerns.ts";
import { defaultClassOf } from "./default-class.ts";
import type { AdmissionObjects } from "./objects.ts";
import type { AdmissionPlugin } from "./types.ts";

const marks = ["ingressclass.kubernetes.io/is-default-class"];
const oldName = "kubernetes.io/ingress.class";

/** https://kubernetes.io/docs/concepts/services-networking/ingress/#default-ingress-class */
export function defaultIngressClass(objects: AdmissionObjects): AdmissionPlugin {
  return {
    name: "DefaultIngressClass",
    handles: (operation, resource, subresource) =>
      operation === "CREATE" && subresource === "" && isKind(resource, "networking.k8s.io", "ingresses"),
    async admit({ object }) {
      const ingress = object as unknown as Ingress;
      if (ingress.spec?.ingressClassName !== undefined) return;
      if (ingress.metadata.annotations?.[oldName] !== undefined) return;
      const chosen = defaultClassOf(await objects.list<IngressClass>("ingressclasses"), marks);
      if (chosen?.metadata.name) ingress.spec = { ...ingress.spec, ingressClassName: chosen.metadata.name };
    },
  };
}
