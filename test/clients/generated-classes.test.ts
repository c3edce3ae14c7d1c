/** Every kind through the classes that @kubernetes/client-node generates from Kubernetes' OpenAPI. */
import * as k8s from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goNameOfKind } from "../../src/machinery/protobuf/kinds.ts";
import { kindCases } from "../api/conformance/objects.ts";
import { type Fixture, startApi } from "../api/fixture.ts";

let api: Fixture;
const config = new k8s.KubeConfig();
beforeAll(async () => {
  api = await startApi();
  config.loadFromFile(api.kubeconfig);
});
afterAll(() => api.close());

type Method = (
  request: object,
) => Promise<{ metadata?: { name?: string; labels?: Record<string, string> }; items?: unknown[] }>;

/** "apiextensions.k8s.io/v1" is ApiextensionsV1Api, "flowcontrol.apiserver.k8s.io/v1" FlowcontrolApiserverV1Api. */
function classOf(group: string, version: string): k8s.ApiConstructor<k8s.ApiType> {
  const words = group === "" ? ["core"] : group.replace(/\.k8s\.io$/, "").split(".");
  const name = [...words, version].map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
  const found = (k8s as unknown as Record<string, k8s.ApiConstructor<k8s.ApiType>>)[`${name}Api`];
  if (found === undefined) throw new Error(`no class ${name}Api`);
  return found;
}

const cases = kindCases().filter(({ apiVersion, kind }) => goNameOfKind(apiVersion, kind) !== undefined);

describe.each(cases)("$apiVersion $kind", (one) => {
  it("is created, read, listed, replaced, patched and deleted", async () => {
    const client = config.makeApiClient(classOf(one.group, one.version)) as unknown as Record<string, Method>;
    const call = (verb: string, request: object): ReturnType<Method> => {
      const method = client[`${verb}${one.namespaced ? "Namespaced" : ""}${one.kind}`];
      if (method === undefined) throw new Error(`no ${verb} of ${one.kind}`);
      return method.call(client, one.namespaced ? { namespace: "default", ...request } : request);
    };
    const body = one.object("generated");
    if (typeof body.eventTime === "string") body.eventTime = new k8s.V1MicroTime(body.eventTime);
    const { name } = body.metadata as { name: string };
    expect((await call("create", { body })).metadata?.name).toBe(name);
    const read = await call("read", { name });
    expect((await call("list", {})).items?.length).toBeGreaterThan(0);
    const metadata = { ...read.metadata, labels: { a: "b" } };
    expect((await call("replace", { name, body: { ...read, metadata } })).metadata?.labels).toMatchObject({ a: "b" });
    const patch = [{ op: "add", path: "/metadata/labels/c", value: "d" }];
    expect((await call("patch", { name, body: patch })).metadata?.labels).toMatchObject({ a: "b", c: "d" });
    await call("delete", { name, body: { gracePeriodSeconds: 0, propagationPolicy: "Background" } });
    if (one.kind !== "Namespace") await expect(call("read", { name })).rejects.toMatchObject({ code: 404 });
  });
});
