import { readQuantity } from "../../../quantity/read.ts";
import { amountOf, setAmount } from "../../../quantity/resource-list.ts";
import type { Container, PodSpec, ResourceList } from "../../../types/core/v1.ts";
import { isSidecar } from "./phase.ts";
import { isPodLevelResource } from "./resources.ts";

type Kind = "requests" | "limits";

/** As podRequests() in resources.ts, as exact quantities in the form that is written. */
export function podRequestList(spec: PodSpec): ResourceList {
  return listOf(spec, "requests");
}

export function podLimitList(spec: PodSpec): ResourceList {
  return listOf(spec, "limits");
}

function listOf(spec: PodSpec, kind: Kind): ResourceList {
  let total = containerList(spec, kind);
  const whole = spec.resources?.[kind];
  for (const name in whole) if (isPodLevelResource(name)) total = { ...total, [name]: whole[name] ?? "0" };
  if (spec.overhead === undefined) return total;
  if (kind === "requests") return plus(total, spec.overhead);
  const counted: ResourceList = {};
  for (const name in spec.overhead) {
    if (amountOf(total, name) !== undefined) setAmount(counted, name, spec.overhead[name] ?? "0");
  }
  return plus(total, counted);
}

/** What the containers need together, without what is given for the pod as a whole. */
export function containerList(spec: PodSpec, kind: Kind): ResourceList {
  const together = sum(spec.containers, kind);
  if (!spec.initContainers?.length) return together;
  let sidecars: ResourceList = {};
  let starting: ResourceList = {};
  for (const container of spec.initContainers) {
    const own = container.resources?.[kind];
    if (isSidecar(container)) {
      sidecars = plus(sidecars, own);
      starting = larger(starting, sidecars);
    } else starting = larger(starting, plus(sidecars, own));
  }
  return larger(plus(together, sidecars), starting);
}

function sum(containers: readonly Container[] | undefined, kind: Kind): ResourceList {
  let total: ResourceList = {};
  for (const container of containers ?? []) total = plus(total, container.resources?.[kind]);
  return total;
}

/** Every amount of either list, those of both added. */
export function plus(a: ResourceList, b: ResourceList | undefined): ResourceList {
  const total = { ...a };
  for (const name in b) {
    const mine = amountOf(total, name);
    const other = b[name] ?? "0";
    setAmount(total, name, mine === undefined ? other : readQuantity(mine).add(readQuantity(other)).toString());
  }
  return total;
}

function larger(a: ResourceList, b: ResourceList): ResourceList {
  const result = { ...a };
  for (const name in b) {
    const mine = amountOf(result, name);
    const other = b[name] ?? "0";
    if (mine === undefined || readQuantity(other).compare(readQuantity(mine)) > 0) setAmount(result, name, other);
  }
  return result;
}
