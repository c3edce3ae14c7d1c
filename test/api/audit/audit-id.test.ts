/** What a request is known by, over HTTPS. No audit log is configured. */
import { once } from "node:events";
import { connect } from "node:http2";
import { request } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fixture, startApi } from "../fixture.ts";

const docs = "https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/";
const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;
const configMaps = "/api/v1/namespaces/default/configmaps";
const exec = "/api/v1/namespaces/default/pods/none/exec?command=true";

let api: Fixture;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

describe(`Audit-Id (see ${docs})`, () => {
  test.each([
    ["an object", 200, "GET", "/api/v1/namespaces/default"],
    ["a watch", 200, "GET", `${configMaps}?watch=1&timeoutSeconds=1`],
    ["what is not there", 404, "GET", `${configMaps}/none`],
    ["a bad request", 400, "POST", configMaps],
    ["an unknown path", 404, "GET", "/nowhere"],
    ["health", 200, "GET", "/healthz"],
    ["discovery", 200, "GET", "/apis"],
  ])("is on the answer to %s", async (_, code, method, path) => {
    const answer = await api.ask(method, path);
    expect(answer.code).toBe(code);
    expect(answer.headers["audit-id"]).toMatch(uuid);
  });

  test("is on the answer to nobody", async () => {
    const { code, headers } = await api.ask("GET", configMaps, { identity: null });
    expect(code).toBe(401);
    expect(headers["audit-id"]).toMatch(uuid);
  });

  test("is on the answer to a large list, which is written piece by piece", async () => {
    const data = { blob: "x".repeat(200_000) };
    const written = await api.post(configMaps, { metadata: { name: "large" }, data });
    const listed = await api.get(configMaps);
    expect(written.headers["audit-id"]).toMatch(uuid);
    expect(listed.headers["audit-id"]).toMatch(uuid);
    expect(listed.headers["audit-id"]).not.toBe(written.headers["audit-id"]);
  });

  test("is the client's own, as it stands, where it sends one", async () => {
    const id = `a trace of mine, ${"0123456789".repeat(10)}`;
    const { headers } = await api.ask("GET", configMaps, { headers: { "audit-id": id } });
    expect(headers["audit-id"]).toBe(id);
  });

  test("is on a refused upgrade", async () => {
    const { admin, authority } = api.certificates;
    const headers = { connection: "Upgrade", upgrade: "websocket", "audit-id": "mine" };
    const asked = request({ host: "127.0.0.1", port: api.port, path: exec, ca: authority.cert, ...admin, headers });
    asked.end();
    const [answer] = await once(asked, "response");
    answer.resume();
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.headers["audit-id"]).toBe("mine");
  });

  test("is there over HTTP/2, with every request's its own", async () => {
    const { admin, authority } = api.certificates;
    const session = connect(`https://127.0.0.1:${api.port}`, { ca: authority.cert, ...admin });
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const stream = session.request({ ":path": configMaps });
        const [headers] = await once(stream, "response");
        stream.resume();
        return headers["audit-id"];
      }),
    );
    session.close();
    for (const id of ids) expect(id).toMatch(uuid);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
