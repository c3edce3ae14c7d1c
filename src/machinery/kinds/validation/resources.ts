import { qualifiedNameRule } from "../../meta/names.ts";
import { readQuantity } from "../../quantity/read.ts";
import { fieldForbidden, invalidValue, required } from "../../status/field-errors.ts";
import type { ResourceList, ResourceRequirements } from "../../types/core/v1.ts";
import { checkRule, type Errors } from "./checks.ts";

const containerResources = new Set(["cpu", "memory", "ephemeral-storage"]);

/** Named by their owner ("example.com/gpu") and counted in whole pieces. */
function isExtendedResource(name: string): boolean {
  return name.includes("/") && !name.startsWith("kubernetes.io/") && !name.startsWith("requests.");
}

function isHugePages(name: string): boolean {
  return name.startsWith("hugepages-");
}

/** May be limited higher than it is requested. */
function mayOvercommit(name: string): boolean {
  return !isExtendedResource(name) && !isHugePages(name);
}

function isStandardForContainers(name: string): boolean {
  return containerResources.has(name) || isHugePages(name);
}

export function checkContainerResources(
  errors: Errors,
  path: string,
  resources: ResourceRequirements | undefined,
): void {
  if (resources === undefined) return;
  const { limits, requests } = resources;
  for (const name in limits) checkAmount(errors, `${path}.limits`, name, limits[name] ?? "0");
  for (const name in requests) {
    const request = requests[name] ?? "0";
    checkAmount(errors, `${path}.requests`, name, request);
    const limit = limits && Object.hasOwn(limits, name) ? limits[name] : undefined;
    if (limit === undefined) {
      if (!mayOvercommit(name)) {
        errors.push(required(`${path}.limits`, "Limit must be set for non overcommitable resources"));
      }
      continue;
    }
    const order = readQuantity(request).compare(readQuantity(limit));
    if (order !== 0 && !mayOvercommit(name)) {
      errors.push(invalidValue(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`));
    } else if (order > 0) {
      errors.push(invalidValue(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
    }
  }
  const huge = [...Object.keys(limits ?? {}), ...Object.keys(requests ?? {})].some(isHugePages);
  const base = [limits, requests].some((list) => list?.cpu !== undefined || list?.memory !== undefined);
  if (huge && !base) {
    errors.push(fieldForbidden(path, "HugePages require cpu or memory"));
  }
}

function checkAmount(errors: Errors, list: string, name: string, quantity: string): void {
  const path = `${list}[${name}]`;
  if (name.includes("/")) checkRule(errors, path, name, qualifiedNameRule);
  else if (!isStandardForContainers(name)) {
    checkRule(errors, path, name, qualifiedNameRule);
    errors.push(invalidValue(path, name, "must be a standard resource type or fully qualified"));
    errors.push(invalidValue(path, name, "must be a standard resource for containers"));
  }
  checkQuantity(errors, path, name, quantity);
}

/** Not negative, and whole where the resource comes in pieces. */
function checkQuantity(errors: Errors, path: string, name: string, quantity: string): void {
  const value = readQuantity(quantity);
  if (value.nanos < 0n) errors.push(invalidValue(path, quantity, "must be greater than or equal to 0"));
  if ((isExtendedResource(name) || countable.has(name)) && value.nanos % 1_000_000_000n !== 0n) {
    errors.push(invalidValue(path, quantity, "must be an integer"));
  }
}

const countable = new Set([
  "pods",
  "services",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
]);

export function checkResourceList(errors: Errors, path: string, list: ResourceList | undefined): void {
  for (const name in list) {
    const at = `${path}[${name}]`;
    checkRule(errors, at, name, qualifiedNameRule);
    checkQuantity(errors, at, name, list[name] ?? "0");
  }
}
