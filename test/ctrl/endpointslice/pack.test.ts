import fc from "fast-check";
import { expect, test } from "vitest";
import { packEndpoints, sliceCapacity } from "../../../src/ctrl/endpointslice/pack.ts";
import type { Endpoint, EndpointSlice } from "../../../src/machinery/types/discovery/v1.ts";

const endpoint = (id: number, ready = true): Endpoint => ({
  addresses: [`10.0.${id >> 8}.${id & 255}`],
  conditions: { ready },
  targetRef: { kind: "Pod", uid: `uid-${id}` },
});

const slice = (name: string, endpoints: Endpoint[]): EndpointSlice => ({
  metadata: { name },
  addressType: "IPv4",
  endpoints,
});

test("holds exactly what is wanted, never more than a hundred in a slice, whatever was there before", () => {
  const ids = fc.uniqueArray(fc.nat(400), { maxLength: 300 });
  fc.assert(
    fc.property(ids, ids, fc.integer({ min: 1, max: sliceCapacity }), fc.nat(5), (before, after, chunk, changed) => {
      const existing: EndpointSlice[] = [];
      for (let i = 0; i < before.length; i += chunk) {
        existing.push(
          slice(
            `s${i}`,
            before.slice(i, i + chunk).map((id) => endpoint(id)),
          ),
        );
      }
      const wanted = after.map((id) => endpoint(id, id % 6 !== changed));
      const packed = packEndpoints(existing, wanted);
      const result = [
        ...packed.create,
        ...packed.update.map((one) => one.endpoints),
        ...packed.keep.map((one) => one.endpoints ?? []),
      ];
      for (const endpoints of result) {
        expect(endpoints.length).toBeGreaterThan(0);
        expect(endpoints.length).toBeLessThanOrEqual(sliceCapacity);
      }
      const addresses = (list: readonly Endpoint[]) =>
        list.map((one) => `${one.addresses[0]} ${one.conditions?.ready}`).sort();
      expect(addresses(result.flat())).toEqual(addresses(wanted));
      const named = [...packed.update.map((one) => one.slice), ...packed.keep, ...packed.remove];
      expect(new Set(named)).toEqual(new Set(existing));
    }),
  );
});

test("one endpoint more or less is one write", () => {
  const many = Array.from({ length: 250 }, (_, id) => endpoint(id));
  const existing = [slice("a", many.slice(0, 100)), slice("b", many.slice(100, 200)), slice("c", many.slice(200))];
  const more = packEndpoints(existing, [...many, endpoint(999)]);
  expect([more.create.length, more.update.length, more.remove.length]).toEqual([0, 1, 0]);
  expect(more.update[0]?.slice.metadata.name).toBe("c");
  const less = packEndpoints(existing, many.slice(1));
  expect([less.create.length, less.update.length, less.remove.length]).toEqual([0, 1, 0]);
  expect(packEndpoints(existing, many)).toMatchObject({ create: [], update: [], remove: [] });
});
