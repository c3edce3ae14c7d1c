import { afterAll, beforeAll, expect, test } from "vitest";
import { openMemoryStore } from "../../src/store/sqlite/open.ts";
import { type Answer, type Fixture, startApi } from "./fixture.ts";

const services = "/api/v1/namespaces/default/services";
let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const make = (name: string, spec: object, to = api): Promise<Answer> =>
  to.post(services, { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });

test("an address for each, one that is asked for only once", async () => {
  const first = await make("a", {});
  expect(first.body.spec).toMatchObject({
    type: "ClusterIP",
    clusterIP: expect.stringMatching(/^10\.43\./),
    ipFamilies: ["IPv4"],
  });
  expect(first.body.spec.clusterIPs).toEqual([first.body.spec.clusterIP]);
  expect((await make("dns", { clusterIP: "10.43.0.20" })).body.spec.clusterIP).toBe("10.43.0.20");
  const taken = await make("dns2", { clusterIP: "10.43.0.20" });
  expect(taken.code).toBe(422);
  expect(taken.body.message).toBe(
    'Service "dns2" is invalid: spec.clusterIPs: Invalid value: ["10.43.0.20"]: failed to allocate IP 10.43.0.20: provided IP is already allocated',
  );
  const outside = await make("out", { clusterIP: "192.168.0.1" });
  expect(outside.body.message).toContain(
    "failed to allocate IP 192.168.0.1: the provided network does not match the current range",
  );
  await api.ask("DELETE", `${services}/dns`);
  expect((await make("dns3", { clusterIP: "10.43.0.20" })).code).toBe(201);
  expect((await make("headless", { clusterIP: "None" })).body.spec.clusterIPs).toEqual(["None"]);
  expect(
    (await make("outward", { type: "ExternalName", externalName: "example.com", ports: undefined })).body.spec
      .clusterIP,
  ).toBeUndefined();
});

test("node ports are given, kept, refused and given back", async () => {
  const { body } = await make("np", {
    type: "NodePort",
    ports: [
      { name: "a", port: 80 },
      { name: "b", port: 81, nodePort: 30001 },
    ],
  });
  const [a, b] = body.spec.ports;
  expect(a.nodePort).toBeGreaterThanOrEqual(30_000);
  expect(a.nodePort).toBeLessThanOrEqual(32_767);
  expect(b.nodePort).toBe(30_001);
  const taken = await make("np2", { type: "NodePort", ports: [{ port: 80, nodePort: 30001 }] });
  expect(taken.body.message).toBe(
    'Service "np2" is invalid: spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated',
  );
  const outside = await make("np3", { type: "NodePort", ports: [{ port: 80, nodePort: 80 }] });
  expect(outside.body.message).toContain(
    "provided port is not in the valid range. The range of valid ports is 30000-32767",
  );
  const replaced = await api.ask("PUT", `${services}/np`, {
    body: {
      metadata: { name: "np" },
      spec: {
        type: "NodePort",
        ports: [
          { name: "a", port: 80 },
          { name: "b", port: 81 },
        ],
      },
    },
  });
  expect(replaced.body.spec).toMatchObject({
    clusterIP: body.spec.clusterIP,
    ports: [{ nodePort: a.nodePort }, { nodePort: 30_001 }],
  });
  const plain = await api.ask("PUT", `${services}/np`, {
    body: { metadata: { name: "np" }, spec: { type: "ClusterIP", ports: [{ port: 80 }] } },
  });
  expect(plain.body.spec.ports[0].nodePort).toBeUndefined();
  expect((await make("np4", { type: "NodePort", ports: [{ port: 80, nodePort: 30001 }] })).code).toBe(201);
});

test("a dry run and a refused write take nothing; a restart knows what is taken", async () => {
  const store = await openMemoryStore();
  const first = await startApi({ store });
  await make("kept", { clusterIP: "10.43.7.7", type: "NodePort", ports: [{ port: 80, nodePort: 30777 }] }, first);
  await first.ask("POST", `${services}?dryRun=All`, {
    body: { metadata: { name: "dry" }, spec: { clusterIP: "10.43.8.8", ports: [{ port: 80 }] } },
  });
  const bad = await make("Bad_Name", { clusterIP: "10.43.8.8" }, first);
  expect(bad.code).toBe(422);
  expect((await make("free", { clusterIP: "10.43.8.8" }, first)).code).toBe(201);
  await first.api.close();
  const second = await startApi({ store });
  expect((await make("x", { clusterIP: "10.43.7.7" }, second)).code).toBe(422);
  expect((await make("y", { type: "NodePort", ports: [{ port: 80, nodePort: 30777 }] }, second)).code).toBe(422);
  await second.close();
  await first.close();
});
