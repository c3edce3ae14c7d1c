/** Helm 3 (three-way merge patches) and Helm 4 (server-side apply) with a small chart. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientResult, helms, kubectls, runClient } from "../clients/kubectl.ts";
import { type Fixture, startApi } from "./fixture.ts";

const binaries = await helms();
const [kubectl = ""] = await kubectls();
let api: Fixture;
let chart: string;

const files: Readonly<Record<string, string>> = {
  "Chart.yaml": "apiVersion: v2\nname: small\nversion: 0.1.0\n",
  "values.yaml": "replicas: 1\nimage: a:1\n",
  "templates/all.yaml": `
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Release.Name }}"}
data: {image: "{{ .Values.image }}"}
---
apiVersion: v1
kind: Service
metadata: {name: "{{ .Release.Name }}"}
spec:
  selector: {app: "{{ .Release.Name }}"}
  ports: [{name: http, port: 80}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: "{{ .Release.Name }}"}}
  template:
    metadata: {labels: {app: "{{ .Release.Name }}"}}
    spec:
      containers:
        - {name: main, image: "{{ .Values.image }}", ports: [{containerPort: 80}]}
`,
};

beforeAll(async () => {
  api = await startApi();
  chart = await mkdtemp(join(tmpdir(), "kl-chart-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(chart, name)), { recursive: true });
    await writeFile(join(chart, name), text);
  }
});
afterAll(async () => {
  await api.close();
  await rm(chart, { recursive: true });
});

describe.each(binaries)("%s", (binary) => {
  const version = binaries.indexOf(binary) + 3;
  const name = `rel-${version}`;
  const helm = (...args: string[]): Promise<ClientResult> => runClient(binary, args, { kubeconfig: api.kubeconfig });
  const good = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await helm(...args);
    expect(code, `${args.join(" ")}: ${stderr}`).toBe(0);
    return stdout;
  };
  const deployment = async () => (await api.get(`/apis/apps/v1/namespaces/default/deployments/${name}`)).body;

  test("installs, upgrades, rolls back and uninstalls", async () => {
    expect(await good("install", name, chart)).toContain("STATUS: deployed");
    const [entry] = (await deployment()).metadata.managedFields;
    expect(entry).toMatchObject({ manager: "helm", operation: version === 4 ? "Apply" : "Update" });

    await good("upgrade", name, chart, "--set", "replicas=3,image=b:1");
    const upgraded = await deployment();
    expect(upgraded.spec.replicas).toBe(3);
    expect(upgraded.spec.template.spec.containers[0].image).toBe("b:1");
    expect(upgraded.metadata.managedFields.map(({ manager }: { manager: string }) => manager)).toEqual(["helm"]);

    await good("rollback", name, "1");
    expect((await deployment()).spec.replicas).toBe(1);
    expect(await good("history", name)).toMatch(/^3\s.*deployed.*Rollback to 1/m);
    expect(await good("list", "-q")).toContain(name);
    await good("uninstall", name);
    expect((await deployment()).code).toBe(404);
    expect((await api.get(`/api/v1/namespaces/default/services/${name}`)).code).toBe(404);
  });

  test("meets a field that somebody else took", async () => {
    await good("install", name, chart);
    const scaled = await runClient(kubectl, ["scale", "deployment", name, "--replicas=7"], api);
    expect(scaled.code).toBe(0);
    const { code, stderr } = await helm("upgrade", name, chart, "--set", "replicas=2");
    if (version === 3) expect(code).toBe(0);
    else {
      expect(code).toBe(1);
      expect(stderr).toContain("Apply failed with 1 conflict");
      expect(stderr).toContain(".spec.replicas");
      await good("upgrade", name, chart, "--set", "replicas=2", "--force-conflicts");
    }
    expect((await deployment()).spec.replicas).toBe(2);
    await good("uninstall", name);
  });
});

test("a release of Helm 3 is taken over by Helm 4, and back", async () => {
  const [helm3 = "", helm4 = ""] = binaries;
  const run = async (binary: string, ...args: string[]): Promise<void> => {
    const { code, stderr } = await runClient(binary, args, api);
    expect(code, `${args.join(" ")}: ${stderr}`).toBe(0);
  };
  const image = async () => (await api.get("/api/v1/namespaces/default/configmaps/moved")).body.data.image;
  await run(helm3, "install", "moved", chart);
  await run(helm4, "upgrade", "moved", chart, "--set", "image=b:1", "--server-side=true");
  expect(await image()).toBe("b:1");
  const { metadata } = (await api.get("/api/v1/namespaces/default/configmaps/moved")).body;
  expect(metadata.managedFields).toMatchObject([{ manager: "helm", operation: "Apply" }]);
  await run(helm3, "upgrade", "moved", chart, "--set", "image=c:1");
  expect(await image()).toBe("c:1");
  await run(helm3, "uninstall", "moved");
});
