import { expect, test } from "vitest";
import { type Place, targetsOf } from "../../../src/agent/net/endpoints.ts";
import type { EndpointHints } from "../../../src/machinery/types/discovery/v1.ts";
import { sliceOf } from "./objects.ts";

const port = { name: "http", protocol: "tcp" } as const;

/** "a" at 10.42.0.1 on n1, "b" at 10.42.0.2 on n2 … each with its hints. */
function chosen(place: Place, ...hints: (EndpointHints | undefined)[]): string[] {
  const slice = sliceOf(
    "web",
    hints.map((_, index) => ({ ip: `10.42.0.${index + 1}`, node: `n${index + 1}` })),
  );
  const endpoints = (slice.endpoints ?? []).map((endpoint, index) => {
    const hint = hints[index];
    return hint ? { ...endpoint, hints: hint } : endpoint;
  });
  return targetsOf(port, [{ ...slice, endpoints }], "ip", place).cluster.map(({ address }) => address);
}

const zone = (name: string, node?: string): EndpointHints => ({
  forZones: [{ name }],
  ...(node ? { forNodes: [{ name: node }] } : {}),
});

test("endpoints of the node's zone are preferred, where every endpoint says for whom it is", () => {
  expect(chosen({ nodeName: "n9", zone: "a" }, zone("a"), zone("b"), zone("a"))).toEqual(["10.42.0.1", "10.42.0.3"]);
  expect(chosen({ nodeName: "n9", zone: "a" }, zone("a"), zone("b"), undefined)).toHaveLength(3);
});

test("with nothing near, far is better than nowhere", () => {
  expect(chosen({ nodeName: "n9", zone: "c" }, zone("a"), zone("b"))).toHaveLength(2);
  expect(chosen({ nodeName: "n9" }, zone("a"), zone("b"))).toHaveLength(2);
});

test("endpoints for this very node come before those of its zone", () => {
  const hints = [zone("a", "n1"), zone("a", "n2"), zone("b", "n3")];
  expect(chosen({ nodeName: "n1", zone: "a" }, ...hints)).toEqual(["10.42.0.1"]);
  expect(chosen({ nodeName: "n9", zone: "a" }, ...hints)).toEqual(["10.42.0.1", "10.42.0.2"]);
});
