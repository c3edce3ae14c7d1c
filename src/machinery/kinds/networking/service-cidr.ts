import { isIPv4, isIPv6 } from "node:net";
import { formatCidr, parseCidr } from "../../net/cidr.ts";
import { invalidValue, required } from "../../status/field-errors.ts";
import type { IPAddress, ServiceCIDR } from "../../types/networking/v1.ts";
import { strategyFor } from "../strategy-for.ts";
import type { FieldError } from "../types.ts";
import { checkImmutable } from "../validation/checks.ts";

export const serviceCidrStrategy = strategyFor<ServiceCIDR>({
  hasGeneration: false,
  validateCreate({ spec }) {
    const cidrs = spec?.cidrs ?? [];
    const errors: FieldError[] = [];
    if (cidrs.length === 0) errors.push(required("spec.cidrs", "at least one CIDR required"));
    if (cidrs.length > 2) errors.push(invalidValue("spec.cidrs", cidrs, "may only hold up to 2 values"));
    if (cidrs.length === 2 && cidrs[0]?.includes(":") === cidrs[1]?.includes(":")) {
      errors.push(
        invalidValue(
          "spec.cidrs",
          cidrs,
          "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96",
        ),
      );
    }
    for (const [index, cidr] of cidrs.entries()) {
      if (!isCidr(cidr)) {
        errors.push(
          invalidValue(`spec.cidrs[${index}]`, cidr, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"),
        );
        continue;
      }
      const parsed = parseCidr(cidr);
      if (parsed && formatCidr(parsed) !== cidr) {
        errors.push(invalidValue(`spec.cidrs[${index}]`, cidr, `must be in canonical form ("${formatCidr(parsed)}")`));
      }
    }
    return errors;
  },
  validateUpdate({ spec }, old) {
    const errors: FieldError[] = [];
    checkImmutable(errors, "spec.cidrs", spec?.cidrs, old.spec?.cidrs);
    return errors;
  },
});

export const ipAddressStrategy = strategyFor<IPAddress>({
  hasGeneration: false,
  validateCreate({ metadata, spec }) {
    const errors: FieldError[] = [];
    const { name = "" } = metadata;
    if (!isIPv4(name) && !isIPv6(name)) {
      errors.push(invalidValue("metadata.name", name, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"));
    }
    if (!spec?.parentRef) errors.push(required("spec.parentRef"));
    else {
      if (!spec.parentRef.resource) errors.push(required("spec.parentRef.resource"));
      if (!spec.parentRef.name) errors.push(required("spec.parentRef.name"));
    }
    return errors;
  },
  validateUpdate({ spec }, old) {
    const errors: FieldError[] = [];
    checkImmutable(errors, "spec.parentRef", spec?.parentRef, old.spec?.parentRef);
    return errors;
  },
});

function isCidr(text: string): boolean {
  if (parseCidr(text)) return true;
  const [address = "", bits = ""] = text.split("/");
  return isIPv6(address) && /^\d{1,3}$/.test(bits) && Number(bits) <= 128;
}
