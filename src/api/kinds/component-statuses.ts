import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import type { KindHooks } from "./types.ts";

export type ComponentChecks = Readonly<Record<string, () => string | undefined>>;

/** Deprecated since 1.19, and still asked for (`kubectl get cs`): a component is healthy as long as its check finds nothing. */
export function componentStatusHooks(checks: ComponentChecks): KindHooks {
  return {
    async compute() {
      return Object.entries(checks).map(([name, check]): UnstructuredObject => {
        const error = check();
        const healthy =
          error === undefined
            ? { type: "Healthy", status: "True", message: "ok" }
            : { type: "Healthy", status: "False", message: error };
        return { apiVersion: "v1", kind: "ComponentStatus", metadata: { name }, conditions: [healthy] };
      });
    },
  };
}
