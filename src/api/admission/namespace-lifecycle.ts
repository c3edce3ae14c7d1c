import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { forbidden, notFound } from "../../machinery/status/errors.ts";
import type { Store } from "../../store/types.ts";
import type { Resource } from "../registry/resource.ts";
import { parsedOf } from "../serialize/parsed.ts";
import { isKind } from "./concerns.ts";
import type { AdmissionPlugin } from "./types.ts";

const immortal: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);
const namespaces = { group: "", resource: "namespaces" };

/**
 * Nothing is created in a namespace that does not exist or is going away, and the system's own namespaces stay.
 * Messages: k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle.
 */
export function namespaceLifecycle(store: Store): AdmissionPlugin {
  return {
    name: "NamespaceLifecycle",
    handles: (operation, resource, subresource) =>
      (operation === "CREATE" && resource.namespaced && subresource === "" && !isReview(resource)) ||
      (operation === "DELETE" && isKind(resource, "", "namespaces")),
    async admit({ operation, resource, namespace, name }) {
      if (operation === "DELETE") {
        if (immortal.has(name)) throw forbidden(resource, name, "this namespace may not be deleted");
        return;
      }
      const entry = await store.get(`/registry/namespaces/${namespace}`);
      if (entry === undefined) throw notFound(namespaces, namespace);
      const object = parsedOf(entry.value);
      if (isTerminating(object)) {
        const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
        const error = forbidden(resource, name, why);
        error.status.details = {
          ...error.status.details,
          causes: [
            {
              reason: "NamespaceTerminating",
              message: `namespace ${namespace} is being terminated`,
              field: "metadata.namespace",
            },
          ],
        };
        throw error;
      }
    },
  };
}

/** A question about a namespace may be asked before there is one. */
function isReview(resource: Resource): boolean {
  return isKind(resource, "authorization.k8s.io", "localsubjectaccessreviews");
}

function isTerminating(object: UnstructuredObject): boolean {
  if (object.metadata.deletionTimestamp !== undefined) return true;
  return (object.status as { phase?: string } | undefined)?.phase === "Terminating";
}
