import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OpenApiDocuments } from "../../src/api/openapi/documents.ts";
import { Registry } from "../../src/api/registry/registry.ts";
import { builtinDefinitions } from "../../src/machinery/kinds/index.ts";
import { kubectls, runClient } from "../clients/kubectl.ts";
import { FakeClock } from "../fake-clock.ts";
import { type Fixture, startApi } from "./fixture.ts";

let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

describe("/openapi/v2", () => {
  it("describes every kind, and refers to nothing that is not there", async () => {
    const { code, body, headers, text } = await api.get("/openapi/v2");
    expect(code).toBe(200);
    expect(body.swagger).toBe("2.0");
    const pod = body.definitions["io.k8s.api.core.v1.Pod"];
    expect(pod["x-kubernetes-group-version-kind"]).toEqual([{ group: "", version: "v1", kind: "Pod" }]);
    expect(pod.description).toMatch(/^Pod is a collection of containers/);
    for (const [, name] of text.matchAll(/"#\/definitions\/([^"]+)"/g))
      expect(body.definitions).toHaveProperty([name ?? ""]);
    expect(body.paths["/api/v1/namespaces/{namespace}/pods"].post.parameters).toContainEqual(
      expect.objectContaining({ in: "body", schema: { $ref: "#/definitions/io.k8s.api.core.v1.Pod" } }),
    );
    const again = await api.ask("GET", "/openapi/v2", { headers: { "if-none-match": String(headers.etag) } });
    expect(again.code).toBe(304);
    expect((await api.ask("GET", "/openapi/v2", { headers: { accept: "text/html" } })).code).toBe(406);
  });

  it("is read by kubectl as protobuf", async () => {
    for (const binary of await kubectls()) {
      const args = ["explain", "deployment.spec.strategy", "--output=plaintext-openapiv2", "--v=8"];
      const { code, stdout, stderr } = await runClient(binary, args, { kubeconfig: api.kubeconfig });
      expect(code, stderr).toBe(0);
      expect(stderr).toContain("com.github.proto-openapi.spec.v2");
      expect(stdout).toMatch(/RESOURCE: strategy <Object>/);
      expect(stdout).toMatch(/rollingUpdate\t<Object>/);
    }
  });
});

it("keeps documents for a minute after the last use", async () => {
  const clock = new FakeClock();
  const documents = new OpenApiDocuments(new Registry(builtinDefinitions()), "0", clock);
  const first = await documents.document("apps", "v1");
  clock.advance(50_000);
  expect(await documents.document("apps", "v1")).toBe(first);
  clock.advance(50_000);
  expect(documents.kept).toBe(1);
  clock.advance(10_001);
  expect(documents.kept).toBe(0);
  expect(await documents.document("apps", "v1")).toEqual(first);
});
