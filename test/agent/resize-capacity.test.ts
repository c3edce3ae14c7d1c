import { expect, test } from "vitest";
import { firstAllocation, withAllocation } from "../../src/agent/resize/allocation.ts";
import { resizeRefusal } from "../../src/agent/resize/capacity.ts";
import type { Pod } from "../../src/machinery/types/core/v1.ts";

const pod = (cpu: string, memory: string, status: Pod["status"] = {}): Pod => ({
  metadata: { name: "p", uid: "u" },
  spec: { containers: [{ name: "c", resources: { requests: { cpu, memory } } }] },
  status,
});
const node = { cpu: "2", memory: "1Gi" };

test.each([
  ["fits beside the others", pod("1", "512Mi"), [pod("1", "512Mi")], undefined],
  [
    "never fits",
    pod("3", "1Mi"),
    [],
    "Infeasible Node didn't have enough capacity: cpu, requested: 3000, capacity: 2000",
  ],
  [
    "does not fit now",
    pod("1500m", "1Mi"),
    [pod("1", "1Mi")],
    "Deferred Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
  ],
  [
    "memory is told first where there is never enough",
    pod("3", "2Gi"),
    [],
    "Infeasible Node didn't have enough capacity: memory, requested: 2147483648, capacity: 1073741824",
  ],
])("a wish that %s", (_, wish, others, expected) => {
  const refusal = resizeRefusal(wish, others, node);
  expect(refusal && `${refusal.reason} ${refusal.message}`).toBe(expected);
});

test("what runs keeps what it was given, whatever the spec says by now", () => {
  const resources = { requests: { cpu: "1", memory: "1Mi" } };
  const told = { name: "c", ready: true, restartCount: 0, image: "", imageID: "", resources };
  const wished = pod("2", "1Mi", { containerStatuses: [told] });
  expect(withAllocation(wished, firstAllocation(wished)).spec?.containers[0]?.resources).toEqual(resources);
  const fresh = pod("2", "1Mi");
  expect(withAllocation(fresh, firstAllocation(fresh))).toBe(fresh);
});
