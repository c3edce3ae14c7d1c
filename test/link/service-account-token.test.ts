import { afterAll, beforeAll, expect, test } from "vitest";
import type { ServerLink } from "../../proto/agent.ts";
import { createInformerFactory } from "../../src/api/client/factory.ts";
import { createNodeLinks } from "../../src/link/node-links.ts";
import { systemClock } from "../../src/machinery/clock.ts";
import { silentLogger } from "../../src/machinery/logger.ts";
import { type Fixture, startApi } from "../api/fixture.ts";

let api: Fixture;
let uid: string;
const links = new Map<string, ServerLink>();

beforeAll(async () => {
  api = await startApi();
  const informers = createInformerFactory({ client: api.client, clock: systemClock, log: silentLogger });
  const nodes = createNodeLinks({ client: api.client, informers, clock: systemClock, log: silentLogger });
  for (const name of ["n1", "n2"]) {
    links.set(name, nodes.connect(name));
    await api.post("/api/v1/nodes", { metadata: { name } });
  }
  await api.post("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "robot" } });
  const spec = { nodeName: "n1", serviceAccountName: "robot", containers: [{ name: "c", image: "x" }] };
  uid = (await api.post("/api/v1/namespaces/default/pods", { metadata: { name: "web" }, spec })).body.metadata.uid;
});
afterAll(() => api.close());

const request = { serviceAccount: "robot", expirationSeconds: 600 };

async function review(token: string, audiences?: readonly string[]) {
  const body = { spec: { token, ...(audiences ? { audiences } : {}) } };
  return (await api.post("/apis/authentication.k8s.io/v1/tokenreviews", body)).body.status;
}

test("a node gets tokens for its pods' accounts, bound to pod and node", async () => {
  const pod = { namespace: "default", name: "web", uid };
  const answer = await links.get("n1")?.requestToken(pod, request);
  expect(Date.parse(answer?.expirationTimestamp ?? "") - Date.now()).toBeGreaterThan(590_000);
  const status = await review(answer?.token ?? "");
  expect(status.authenticated).toBe(true);
  expect(status.user.username).toBe("system:serviceaccount:default:robot");
  expect(status.user.extra["authentication.kubernetes.io/pod-name"]).toEqual(["web"]);
  expect(status.user.extra["authentication.kubernetes.io/node-name"]).toEqual(["n1"]);
});

test("of an audience the API server does not take it", async () => {
  const pod = { namespace: "default", name: "web", uid };
  const answer = await links.get("n1")?.requestToken(pod, { ...request, audience: "vault" });
  expect((await review(answer?.token ?? "")).authenticated).toBeFalsy();
  expect((await review(answer?.token ?? "", ["vault"])).authenticated).toBe(true);
});

test("another node gets none, and none is given for a pod that is not the one it says", async () => {
  const pod = { namespace: "default", name: "web", uid };
  await expect(links.get("n2")?.requestToken(pod, request)).rejects.toThrow(
    "no relationship found between node 'n2' and this object",
  );
  await expect(links.get("n1")?.requestToken({ ...pod, uid: "other" }, request)).rejects.toThrow(
    "does not match the UID in record",
  );
});
