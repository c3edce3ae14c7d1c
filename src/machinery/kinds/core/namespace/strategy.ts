import { qualifiedNameRule } from "../../../meta/names.ts";
import { invalidValue } from "../../../status/field-errors.ts";
import type { Namespace } from "../../../types/core/v1.ts";
import { age, ageColumn, column, nameColumn, table } from "../../columns.ts";
import { strategyFor } from "../../strategy-for.ts";
import { checkRule, type Errors } from "../../validation/checks.ts";

const nameLabel = "kubernetes.io/metadata.name";

export const namespaceStrategy = strategyFor<Namespace>({
  nameRule: "dns1123-label",
  hasGeneration: false,
  defaultObject(namespace) {
    labelWithName(namespace);
    namespace.status ??= {};
    namespace.status.phase ||= "Active";
  },
  prepareForCreate(namespace) {
    namespace.status = { phase: "Active" };
    namespace.spec ??= {};
    namespace.spec.finalizers ??= [];
    if (!namespace.spec.finalizers.includes("kubernetes")) namespace.spec.finalizers.push("kubernetes");
    // The name may have been generated since the defaults ran.
    labelWithName(namespace);
  },
  prepareForUpdate(namespace, old) {
    // The finalize subresource alone writes these.
    namespace.spec = { ...namespace.spec };
    if (old.spec?.finalizers) namespace.spec.finalizers = [...old.spec.finalizers];
    else delete namespace.spec.finalizers;
  },
  validate({ spec }) {
    const errors: Errors = [];
    for (const [i, name] of (spec?.finalizers ?? []).entries()) {
      checkRule(errors, `spec.finalizers[${i}]`, name, qualifiedNameRule);
      if (!name.includes("/") && name !== "kubernetes") {
        errors.push(
          invalidValue(
            `spec.finalizers[${i}]`,
            name,
            "name is neither a standard finalizer name nor is it fully qualified",
          ),
        );
      }
    }
    return errors;
  },
  validateStatusUpdate(namespace) {
    const phase = namespace.status?.phase;
    const deleted = namespace.metadata.deletionTimestamp !== undefined;
    if (!deleted && phase !== "Active") {
      return [invalidValue("status.Phase", phase, "may only be 'Active' if `deletionTimestamp` is empty")];
    }
    if (deleted && phase !== "Terminating") {
      return [invalidValue("status.Phase", phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
    }
    return [];
  },
  holdsDeletion: (namespace) => (namespace.spec?.finalizers?.length ?? 0) > 0,
  prepareForDelete(namespace) {
    namespace.status = { ...namespace.status, phase: "Terminating" };
  },
});

function labelWithName(namespace: Namespace): void {
  if (!namespace.metadata.name) return;
  namespace.metadata.labels ??= {};
  namespace.metadata.labels[nameLabel] = namespace.metadata.name;
}

export const namespaceTable = table<Namespace>(
  [nameColumn, column("Status", "string", "The status of the namespace"), ageColumn],
  (namespace, now) => [namespace.metadata.name, namespace.status?.phase ?? "", age(namespace, now)],
);
