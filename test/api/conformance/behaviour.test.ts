import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configMap, type Fixture, startApi } from "../fixture.ts";
import * as tables from "./behaviour.ts";

let api: Fixture;
beforeAll(async () => {
  api = await startApi();
  const make = async (path: string, body: object): Promise<void> => {
    const { code, text } = await api.post(path, body);
    expect(code, text).toBe(201);
  };
  const here = "namespaces/ground";
  await make("/api/v1/namespaces", { metadata: { name: "ground" } });
  const labels = { tier: "a", size: "7" };
  await make(`/api/v1/${here}/configmaps`, configMap("ground", { a: "b" }, { labels }));
  await make(`/api/v1/${here}/configmaps`, configMap("other"));
  await make(`/api/v1/${here}/configmaps`, { ...configMap("frozen", { a: "b" }), immutable: true });
  await make(`/api/v1/${here}/secrets`, { metadata: { name: "ground" }, stringData: { a: "b" } });
  await make(`/api/v1/${here}/serviceaccounts`, { metadata: { name: "ground" } });
  await make(`/api/v1/${here}/services`, { metadata: { name: "ground" }, spec: { ports: [{ port: 80 }] } });
  await make("/apis/scheduling.k8s.io/v1/priorityclasses", { metadata: { name: "ground" }, value: 5 });
  await make(`/apis/rbac.authorization.k8s.io/v1/${here}/rolebindings`, {
    metadata: { name: "ground" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "x" },
  });
  const app = { app: "x" };
  await make(`/apis/apps/v1/${here}/deployments`, {
    metadata: { name: "ground" },
    spec: {
      replicas: 0,
      selector: { matchLabels: app },
      template: { metadata: { labels: app }, spec: { containers: [{ name: "main", image: "busybox" }] } },
    },
  });
});
afterAll(() => api.close());

describe.each(Object.entries(tables))("%s", (_area, cases) => {
  it.each(cases)("$about (see $see)", async ({ request, code, body, text, headers, as }) => {
    const [method, path, sent, sentHeaders] = request;
    const answer = await api.ask(method, path, {
      ...(sent === undefined ? {} : { body: sent }),
      ...(sentHeaders ? { headers: sentHeaders } : {}),
      ...(as === "nobody" ? { identity: null } : {}),
    });
    expect(answer.code, answer.text.slice(0, 2000)).toBe(code);
    if (body) expect(answer.body).toMatchObject(body);
    if (typeof text === "string") expect(answer.text).toBe(text);
    else if (text) expect(answer.text).toMatch(text);
    for (const [name, value] of Object.entries(headers ?? {})) expect(answer.headers[name]).toMatch(value);
  });
});
