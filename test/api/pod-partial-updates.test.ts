/** pods/ephemeralcontainers and pods/resize: https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/ */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fixture, startApi } from "./fixture.ts";

let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const pods = "/api/v1/namespaces/default/pods";
const patch = (name: string, subresource: string, body: unknown, type = "strategic-merge-patch") =>
  api.ask("PATCH", `${pods}/${name}/${subresource}`, { headers: { "content-type": `application/${type}+json` }, body });

async function create(name: string, resources: object = {}, more: object = {}): Promise<void> {
  const spec = { containers: [{ name: "app", image: "x", resources }], ...more };
  expect((await api.post(pods, { metadata: { name }, spec })).code).toBe(201);
}

describe("ephemeralcontainers", () => {
  const debug = (name: string, more: object = {}) => ({
    spec: { ephemeralContainers: [{ name, image: "b", ...more }] },
  });

  test("adds containers, and nothing else changes", async () => {
    await create("debugged");
    const body = { metadata: { labels: { a: "b" } }, spec: { ...debug("d1").spec, activeDeadlineSeconds: 5 } };
    const answer = await patch("debugged", "ephemeralcontainers", body);
    expect(answer.code).toBe(200);
    const { metadata, spec } = answer.body;
    expect(spec.ephemeralContainers).toEqual([
      {
        name: "d1",
        image: "b",
        imagePullPolicy: "Always",
        resources: {},
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
      },
    ]);
    expect([metadata.labels, spec.activeDeadlineSeconds, metadata.generation]).toEqual([undefined, undefined, 2]);
    const entry = metadata.managedFields.find((entry: { subresource?: string }) => entry.subresource);
    expect(entry.subresource).toBe("ephemeralcontainers");
    const more = await patch("debugged", "ephemeralcontainers", debug("d2", { targetContainerName: "app" }));
    expect(more.body.spec.ephemeralContainers.map(({ name }: { name: string }) => name)).toEqual(["d2", "d1"]);
  });

  test("is read as the pod", async () => {
    const pod = (await api.get(`${pods}/debugged`)).text;
    expect((await api.get(`${pods}/debugged/ephemeralcontainers`)).text).toBe(pod);
  });

  const refusals: [what: string, body: object, message: string][] = [
    [
      "what is there may not change",
      debug("d1", { image: "c" }),
      'existing ephemeral containers "d1" may not be changed',
    ],
    ["a name that an app container has", debug("app"), 'spec.ephemeralContainers[0].name: Duplicate value: "app"'],
    ["probes", debug("p", { livenessProbe: { exec: { command: ["x"] } } }), "cannot be set for an Ephemeral Container"],
    ["a target that is not there", debug("t", { targetContainerName: "no" }), 'targetContainerName: Not found: "no"'],
  ];
  test.each(refusals)("refuses %s", async (_, body, message) => {
    const { code, body: status } = await patch("debugged", "ephemeralcontainers", body);
    expect([code, status.reason]).toEqual([422, "Invalid"]);
    expect(status.message).toContain(message);
  });

  test("does not take containers away", async () => {
    const body = { spec: { ephemeralContainers: null } };
    const { body: status } = await patch("debugged", "ephemeralcontainers", body, "merge-patch");
    expect(status.message).toContain('existing ephemeral containers "d1" may not be removed');
  });

  test("the pod itself does not take them", async () => {
    const answer = await api.ask("PATCH", `${pods}/debugged`, {
      headers: { "content-type": "application/strategic-merge-patch+json" },
      body: debug("d9"),
    });
    expect(answer.code).toBe(422);
    const spec = { containers: [{ name: "app", image: "x" }], ...debug("d").spec };
    const created = await api.post(pods, { metadata: { name: "never" }, spec });
    expect(created.code).toBe(422);
    expect(created.body.message).toContain("spec.ephemeralContainers: Forbidden: cannot be set on create");
  });

  test("404 for a pod that is not there", async () => {
    expect((await patch("nobody", "ephemeralcontainers", debug("d"))).code).toBe(404);
  });
});

describe("resize", () => {
  const some = { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "200m", memory: "128Mi" } };
  const to = (resources: object) => ({ spec: { containers: [{ name: "app", resources }] } });

  test("changes cpu and memory; the generation says so, nothing else changes", async () => {
    await create("sized", some);
    const body = { metadata: { labels: { a: "b" } }, ...to({ requests: { cpu: "150m" }, limits: { cpu: "300m" } }) };
    const answer = await patch("sized", "resize", body);
    expect(answer.code).toBe(200);
    expect(answer.body.metadata).toMatchObject({ generation: 2 });
    expect(answer.body.metadata.labels).toBeUndefined();
    expect(answer.body.spec.containers[0].resources).toEqual({
      requests: { cpu: "150m", memory: "64Mi" },
      limits: { cpu: "300m", memory: "128Mi" },
    });
  });

  const refusals: [what: string, body: object, message: string][] = [
    [
      "another QoS class",
      to({ limits: { cpu: "150m", memory: "64Mi" } }),
      "Pod QOS Class may not change as a result of resizing",
    ],
    [
      "limits taken away",
      to({ limits: { memory: null } }),
      "resources.limits: Forbidden: resource limits cannot be removed",
    ],
    [
      "requests taken away",
      to({ requests: { cpu: null }, limits: { cpu: null } }),
      "resource limits cannot be removed",
    ],
    [
      "other resources",
      to({ limits: { "example.com/x": "1" }, requests: { "example.com/x": "1" } }),
      "only cpu and memory resources are mutable",
    ],
    ["more requested than allowed", to({ requests: { cpu: "2" } }), "must be less than or equal to cpu limit of 300m"],
  ];
  test.each(refusals)("refuses %s", async (_, body, message) => {
    const { code, body: status } = await patch("sized", "resize", body);
    expect([code, status.reason]).toEqual([422, "Invalid"]);
    expect(status.message).toContain(message);
  });

  test("the pod itself does not take them", async () => {
    const answer = await api.ask("PATCH", `${pods}/sized`, {
      headers: { "content-type": "application/strategic-merge-patch+json" },
      body: to({ limits: { cpu: "1" } }),
    });
    expect(answer.body.message).toContain("pod updates may not change fields other than");
  });

  test("applied by a manager, the field is its own, under the subresource's name", async () => {
    await create("applied", some);
    const body = { apiVersion: "v1", kind: "Pod", metadata: { name: "applied" }, ...to({ limits: { cpu: "400m" } }) };
    const url = `${pods}/applied/resize?fieldManager=sizer&force=true`;
    const answer = await api.ask("PATCH", url, { headers: { "content-type": "application/apply-patch+yaml" }, body });
    expect(answer.code).toBe(200);
    const entry = answer.body.metadata.managedFields.find(({ manager }: { manager: string }) => manager === "sizer");
    expect(entry).toMatchObject({ operation: "Apply", subresource: "resize" });
  });
});
