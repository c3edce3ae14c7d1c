import { dns1123Label } from "../../meta/names.ts";
import type { RuntimeClass } from "../../types/node/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../columns.ts";
import { checkTolerations } from "../core/pod/validation/scheduling.ts";
import { defineGroup } from "../define.ts";
import { strategyFor } from "../strategy-for.ts";
import type { ResourceDefinition } from "../types.ts";
import { checkImmutable, checkRule, type Errors } from "../validation/checks.ts";
import { checkResourceList } from "../validation/resources.ts";

const runtimeClassTable = table<RuntimeClass>(
  [
    nameColumn,
    column(
      "Handler",
      "string",
      'handler specifies the underlying runtime and configuration that the CRI implementation will use to handle pods of this class. The possible values are specific to the node & CRI configuration.  It is assumed that all handlers are available on every node, and handlers of the same name are equivalent on every node. For example, a handler called "runc" might specify that the runc OCI runtime (using native Linux containers) will be used to run the containers in a pod. The Handler must be lowercase, conform to the DNS Label (RFC 1123) requirements, and is immutable.',
    ),
    ageColumn,
  ],
  (runtimeClass, now) => [runtimeClass.metadata.name, runtimeClass.handler ?? "", age(runtimeClass, now)],
);

export const nodeDefinitions: readonly ResourceDefinition[] = defineGroup("node.k8s.io", "k8s.io/api/node", [
  {
    kind: "RuntimeClass",
    plural: "runtimeclasses",
    scope: "Cluster",
    strategy: strategyFor<RuntimeClass>({
      hasGeneration: false,
      validate(runtimeClass) {
        const errors: Errors = [];
        checkRule(errors, "handler", runtimeClass.handler ?? "", dns1123Label);
        checkResourceList(errors, "overhead.podFixed", runtimeClass.overhead?.podFixed);
        checkTolerations(errors, "scheduling.tolerations", runtimeClass.scheduling?.tolerations);
        return errors;
      },
      validateUpdate(runtimeClass, old) {
        const errors: Errors = [];
        checkImmutable(errors, "handler", runtimeClass.handler, old.handler);
        return errors;
      },
    }),
    table: runtimeClassTable,
  },
]);
