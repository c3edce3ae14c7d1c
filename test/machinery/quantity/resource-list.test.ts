import { expect, it } from "vitest";
import { requestWhatIsLimited } from "../../../src/machinery/kinds/core/pod/container-defaults.ts";
import { podRequestList } from "../../../src/machinery/kinds/core/pod/resource-lists.ts";
import { podRequests } from "../../../src/machinery/kinds/core/pod/resources.ts";
import { exceeding, increase, masked, sameAmounts } from "../../../src/machinery/quota/amounts.ts";
import type { Container, ResourceList } from "../../../src/machinery/types/core/v1.ts";

/** What JSON.parse makes: own properties, whatever they are called. */
const list = (name: string, amount: string): ResourceList => JSON.parse(`{"${name}":"${amount}"}`) as ResourceList;
const text = (value: object | undefined): string => JSON.stringify(value);

it.each(["__proto__", "constructor", "toString"])("a resource may be called %s until it is validated", (name) => {
  const container = (amount: string): Container => ({ name: "c", resources: { requests: list(name, amount) } });
  const spec = { containers: [container("2"), container("3")], initContainers: [container("1"), container("7")] };
  expect(text(podRequestList(spec))).toBe(`{"${name}":"7"}`);
  expect(text(podRequests({ metadata: {}, spec: { containers: [], overhead: list(name, "4") } }))).toBe(
    `{"${name}":4}`,
  );
  const limited: Container = { name: "c", resources: { limits: list(name, "1") } };
  requestWhatIsLimited(limited);
  expect(text(limited.resources?.requests)).toBe(`{"${name}":"1"}`);
  expect(text(masked({}, [name]))).toBe("{}");
  expect(text(increase(list(name, "3"), {}))).toBe(`{"${name}":"3"}`);
  expect(exceeding(list(name, "3"), {})).toEqual([]);
  expect(sameAmounts(list(name, "3"), { cpu: "3" })).toBe(false);
});
