import { invalidValue, required } from "../../status/field-errors.ts";
import type { APIService } from "../../types/apiregistration/v1.ts";
import { strategyFor } from "../strategy-for.ts";
import type { FieldError } from "../types.ts";

export const apiServiceStrategy = strategyFor<APIService>({
  hasGeneration: false,
  // The API of the core group is called "v1.", which no other rule allows.
  nameRule: "path-segment",
  defaultObject({ spec }) {
    if (spec?.service) spec.service.port ??= 443;
  },
  prepareForCreate(service) {
    service.status = {};
  },
  validate,
});

/** ValidateAPIService of k8s.io/kube-aggregator. */
function validate({ metadata: { name = "" }, spec }: APIService): FieldError[] {
  const errors: FieldError[] = [];
  const { version = "", group = "", groupPriorityMinimum = 0, versionPriority = 0, service } = spec ?? {};
  if (name !== `${version}.${group}`) {
    const rule = `must be \`spec.version+"."+spec.group\`: "${version}.${group}"`;
    errors.push(invalidValue("metadata.name", name, rule));
  }
  if (group === "" && version !== "v1")
    errors.push(required("spec.group", "only v1 may have an empty group and it better be legacy kube"));
  if (version === "") errors.push(required("spec.version"));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > 20_000) {
    errors.push(
      invalidValue("spec.groupPriorityMinimum", groupPriorityMinimum, "must be positive and less than 20000"),
    );
  }
  if (versionPriority <= 0 || versionPriority > 1000) {
    errors.push(invalidValue("spec.versionPriority", versionPriority, "must be positive and less than 1000"));
  }
  if (service === undefined) {
    if (spec?.caBundle) errors.push(invalidValue("spec.caBundle", "", "local APIServices may not have a caBundle"));
    if (spec?.insecureSkipTLSVerify) {
      errors.push(
        invalidValue("spec.insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify"),
      );
    }
    return errors;
  }
  if (!service.namespace) errors.push(required("spec.service.namespace"));
  if (!service.name) errors.push(required("spec.service.name"));
  if (spec?.insecureSkipTLSVerify && spec.caBundle) {
    errors.push(invalidValue("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present"));
  }
  return errors;
}
