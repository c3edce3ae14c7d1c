/** What a LimitRange forbids, in Kubernetes' words (k8s.io/kubernetes/plugin/pkg/admission/limitranger). */

import { podLimitList, podRequestList } from "../../../machinery/kinds/core/pod/resource-lists.ts";
import type { Quantity } from "../../../machinery/quantity/quantity.ts";
import { readQuantity } from "../../../machinery/quantity/read.ts";
import { amountOf } from "../../../machinery/quantity/resource-list.ts";
import type {
  LimitRange,
  LimitRangeItem,
  PersistentVolumeClaim,
  Pod,
  ResourceList,
} from "../../../machinery/types/core/v1.ts";

export function checkPod(range: LimitRange, pod: Pod): string[] {
  const errors: string[] = [];
  const { spec } = pod;
  if (spec === undefined) return errors;
  for (const item of range.spec?.limits ?? []) {
    if (item.type === "Container") {
      for (const { resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
        checkItem(errors, item, resources?.requests ?? {}, resources?.limits ?? {});
      }
    } else if (item.type === "Pod") checkItem(errors, item, podRequestList(spec), podLimitList(spec));
  }
  return errors;
}

export function checkClaim(range: LimitRange, claim: PersistentVolumeClaim): string[] {
  const errors: string[] = [];
  const requests = claim.spec?.resources?.requests ?? {};
  for (const item of range.spec?.limits ?? []) {
    if (item.type !== "PersistentVolumeClaim") continue;
    for (const name of sorted(item.min)) checkMin(errors, item, name, requests, {});
    for (const name of sorted(item.max)) {
      const most = quantity(item.max, name);
      const request = amountOf(requests, name);
      const what = `maximum ${name} usage per ${item.type} is ${most}`;
      if (request === undefined) errors.push(`${what}.  No request is specified`);
      else if (readQuantity(request).compare(most) > 0) errors.push(`${what}, but request is ${request}`);
    }
  }
  return errors;
}

function checkItem(errors: string[], item: LimitRangeItem, requests: ResourceList, limits: ResourceList): void {
  for (const name of sorted(item.min)) checkMin(errors, item, name, requests, limits);
  for (const name of sorted(item.max)) checkMax(errors, item, name, requests, limits);
  for (const name of sorted(item.maxLimitRequestRatio)) checkRatio(errors, item, name, requests, limits);
}

function checkMin(
  errors: string[],
  item: LimitRangeItem,
  name: string,
  requests: ResourceList,
  limits: ResourceList,
): void {
  const least = quantity(item.min, name);
  const what = `minimum ${name} usage per ${item.type} is ${least}`;
  const request = amountOf(requests, name);
  const limit = amountOf(limits, name);
  if (request === undefined) errors.push(`${what}.  No request is specified`);
  else if (readQuantity(request).compare(least) < 0) errors.push(`${what}, but request is ${request}`);
  else if (limit !== undefined && readQuantity(limit).compare(least) < 0) {
    errors.push(`${what}, but limit is ${limit}`);
  }
}

function checkMax(
  errors: string[],
  item: LimitRangeItem,
  name: string,
  requests: ResourceList,
  limits: ResourceList,
): void {
  const most = quantity(item.max, name);
  const what = `maximum ${name} usage per ${item.type} is ${most}`;
  const request = amountOf(requests, name);
  const limit = amountOf(limits, name);
  if (limit === undefined) errors.push(`${what}.  No limit is specified`);
  else if (readQuantity(limit).compare(most) > 0) errors.push(`${what}, but limit is ${limit}`);
  else if (request !== undefined && readQuantity(request).compare(most) > 0) {
    errors.push(`${what}, but request is ${request}`);
  }
}

function checkRatio(
  errors: string[],
  item: LimitRangeItem,
  name: string,
  requests: ResourceList,
  limits: ResourceList,
): void {
  const most = quantity(item.maxLimitRequestRatio, name);
  const what = `${name} max limit to request ratio per ${item.type} is ${most}`;
  const request = amountOf(requests, name);
  const limit = amountOf(limits, name);
  if (request === undefined || readQuantity(request).isZero) {
    errors.push(`${what}, but no request is specified or request is 0`);
  } else if (limit === undefined || readQuantity(limit).isZero) {
    errors.push(`${what}, but no limit is specified or limit is 0`);
  } else {
    const ratio = readQuantity(limit).toNumber() / readQuantity(request).toNumber();
    if (ratio > most.toNumber()) errors.push(`${what}, but provided ratio is ${ratio.toFixed(6)}`);
  }
}

function quantity(list: ResourceList | undefined, name: string): Quantity {
  return readQuantity(amountOf(list, name) ?? "0");
}

function sorted(list: ResourceList | undefined): string[] {
  return list === undefined ? [] : Object.keys(list).sort();
}
