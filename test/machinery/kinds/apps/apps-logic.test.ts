import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rollingUpdateBounds, scaledValue } from "../../../../src/machinery/kinds/apps/int-or-percent.ts";
import { podTemplateHash, safeEncode } from "../../../../src/machinery/kinds/apps/pod-template-hash.ts";
import type { PodTemplateSpec } from "../../../../src/machinery/types/core/v1.ts";

const template: PodTemplateSpec = {
  metadata: { labels: { app: "web", tier: "front" } },
  spec: { containers: [{ name: "web", image: "nginx" }], restartPolicy: "Always" },
};

describe("the hash of a template", () => {
  it("does not depend on the order of fields", () => {
    const reversed: PodTemplateSpec = {
      spec: { restartPolicy: "Always", containers: [{ image: "nginx", name: "web" }] },
      metadata: { labels: { tier: "front", app: "web" } },
    };
    expect(podTemplateHash(reversed)).toBe(podTemplateHash(template));
  });

  it("differs with the template and with the collision count", () => {
    const other = { ...template, spec: { containers: [{ name: "web", image: "nginx:2" }] } };
    const hashes = [
      podTemplateHash(template),
      podTemplateHash(template, 0),
      podTemplateHash(template, 1),
      podTemplateHash(other),
    ];
    expect(new Set(hashes).size).toBe(4);
  });

  it("stays the same from one release to the next, or all pods would be rolled", () => {
    expect(podTemplateHash(template)).toBe("b65d6c8cb");
  });

  it("is fit for a name and a label", () => {
    fc.assert(
      fc.property(fc.string(), (image) => {
        const hash = podTemplateHash({ metadata: {}, spec: { containers: [{ name: "a", image }] } });
        expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
      }),
    );
    expect(safeEncode("0123456789")).toHaveLength(10);
  });
});

describe("numbers and percentages", () => {
  it.each([
    [3, 10, true, 3],
    ["25%", 10, true, 3],
    ["25%", 10, false, 2],
    ["0%", 10, true, 0],
    ["100%", 7, false, 7],
    ["150%", 2, true, 3],
    ["many", 10, true, undefined],
  ])("%s of %i, up: %s", (value, total, up, expected) => {
    expect(scaledValue(value, total, up)).toBe(expected);
  });

  it("let a rolling update always move", () => {
    expect(rollingUpdateBounds(4, "25%", "25%")).toEqual({ maxSurge: 1, maxUnavailable: 1 });
    expect(rollingUpdateBounds(1, "0%", "25%")).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(rollingUpdateBounds(10, 2, 0)).toEqual({ maxSurge: 2, maxUnavailable: 0 });
  });
});
