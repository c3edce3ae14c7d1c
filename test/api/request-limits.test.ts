/** How large a request may be and how long it may take. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configMap, type Fixture, startApi } from "./fixture.ts";

let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const path = "/api/v1/namespaces/default/configmaps";

test("an object beyond 1.5 MB is refused (see https://etcd.io/docs/v3.5/dev-guide/limit/)", async () => {
  const annotations = { big: "x".repeat(200_000) };
  const deployment = {
    metadata: { name: "big", annotations },
    spec: {
      selector: { matchLabels: { a: "b" } },
      template: {
        metadata: { labels: { a: "b" } },
        spec: {
          containers: [{ name: "a", image: "b", env: [{ name: "BIG", value: "y".repeat(1_500_000) }] }],
        },
      },
    },
  };
  const { code, body } = await api.post("/apis/apps/v1/namespaces/default/deployments", deployment);
  expect([code, body.message, body.code]).toEqual([500, "etcdserver: request is too large", 500]);
});

test("a body beyond 3 MiB is refused (see k8s.io/apiserver MaxRequestBodyBytes)", async () => {
  const { code, body } = await api.ask("POST", path, { body: configMap("huge", { x: "x".repeat(3_200_000) }) });
  expect([code, body.reason, body.message]).toEqual([
    413,
    "RequestEntityTooLarge",
    "Request entity too large: limit is 3145728",
  ]);
});

test("a body that is small only when compressed is refused (see k8s.io/apiserver MaxRequestBodyBytes)", async () => {
  const bomb = gzipSync(Buffer.from(JSON.stringify(configMap("bomb", { x: "x".repeat(20_000_000) }))));
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  expect((await api.ask("POST", path, { headers, body: bomb })).code).toBe(413);
});

const timeouts: [string, string][] = [
  ["abc", 'invalid timeout specified in the request URL - time: invalid duration "abc"'],
  ["5", 'invalid timeout specified in the request URL - time: missing unit in duration "5"'],
];
test.each(timeouts)("timeout=%s is refused (see WithRequestDeadline in k8s.io/apiserver)", async (text, message) => {
  const { code, body } = await api.get(`${path}?timeout=${text}`);
  expect([code, body.reason, body.message]).toEqual([400, "BadRequest", message]);
});

test("what takes longer than its timeout is answered with 504 (see https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/ --request-timeout)", async () => {
  // The body never comes to its end.
  const { request } = await import("node:https");
  const answer = await new Promise<{ code: number; text: string }>((resolve, reject) => {
    const outgoing = request(
      {
        host: "127.0.0.1",
        port: api.port,
        method: "POST",
        path: `${path}?timeout=300ms`,
        ca: api.certificates.authority.cert,
        ...api.certificates.admin,
        headers: { "content-type": "application/json", "content-length": 1000 },
      },
      (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        response.on("end", () => resolve({ code: response.statusCode ?? 0, text }));
      },
    );
    outgoing.on("error", reject);
    outgoing.write("{");
  });
  expect(answer.code).toBe(504);
  expect(JSON.parse(answer.text)).toMatchObject({
    reason: "Timeout",
    message: "Timeout: request did not complete within the allotted timeout",
    code: 504,
  });
});
