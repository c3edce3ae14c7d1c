/** Server-side apply as real clients do it: kubectl's own, and its ways from client-side apply and back. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientResult, kubectls, runClient } from "../clients/kubectl.ts";
import { type Fixture, startApi } from "./fixture.ts";

const binaries = await kubectls();
let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
}

describe.each(binaries)("%s", (binary) => {
  const suffix = binaries.indexOf(binary);
  const kubectl = (args: string, stdin?: string): Promise<ClientResult> =>
    runClient(binary, args.split(" "), { kubeconfig: api.kubeconfig, ...(stdin === undefined ? {} : { stdin }) });
  const good = async (args: string, stdin?: string): Promise<string> => {
    const { code, stdout, stderr } = await kubectl(args, stdin);
    expect(code, `${args}: ${stderr}`).toBe(0);
    return stdout;
  };
  const manifest = (name: string, replicas: number | undefined, image = "a:1"): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  ${replicas === undefined ? "paused: false" : `replicas: ${replicas}`}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
        - {name: main, image: "${image}", ports: [{containerPort: 80}]}
`;
  const managers = async (name: string): Promise<string[]> => {
    const { body } = await api.get(`/apis/apps/v1/namespaces/default/deployments/${name}`);
    const entries = (body.metadata.managedFields ?? []) as Entry[];
    // The User-Agent is that of the binary, whose name here has its version in it.
    return entries.map(({ manager, operation }) => `${manager.replace(/-v\d+$/, "")} ${operation}`).sort();
  };

  test("applies, changes, is idempotent, conflicts and forces", async () => {
    const name = `ssa-${suffix}`;
    const said = `deployment.apps/${name} serverside-applied\n`;
    expect(await good("apply --server-side -f -", manifest(name, 1))).toBe(said);
    expect(await good("apply --server-side -f -", manifest(name, 1))).toBe(said);
    expect(await good("apply --server-side -f -", manifest(name, 2, "a:2"))).toBe(said);
    expect(await managers(name)).toEqual(["kubectl Apply"]);
    await good(`scale deployment ${name} --replicas=5`);
    expect(await managers(name)).toEqual(["kubectl Apply", "kubectl Update"]);
    const refused = await kubectl("apply --server-side -f -", manifest(name, 2, "a:2"));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /^(error: |Error from server \(Conflict\): )Apply failed with 1 conflict: conflict with "kubectl(-v\d+)?" with subresource "scale" using apps\/v1: \.spec\.replicas\nPlease review the fields above--they currently have other managers\. Here/,
    );
    expect(await good("apply --server-side --force-conflicts -f -", manifest(name, 2, "a:2"))).toBe(said);
    expect(await managers(name)).toEqual(["kubectl Apply"]);
    const given = await good(`scale deployment ${name} --replicas=7`);
    expect(given).toBe(`deployment.apps/${name} scaled\n`);
    expect(await good("apply --server-side -f -", manifest(name, undefined, "a:2"))).toBe(said);
    expect(await good(`get deployment ${name} -o jsonpath={.spec.replicas}`)).toBe("7");
  });

  test("diff shows what an apply would do, and nothing when it would do nothing", async () => {
    const name = `diff-${suffix}`;
    await good("apply --server-side -f -", manifest(name, 1));
    expect((await kubectl("diff --server-side -f -", manifest(name, 1))).code).toBe(0);
    const { code, stdout } = await kubectl("diff --server-side -f -", manifest(name, 1, "b:1"));
    expect(code).toBe(1);
    expect(stdout).toMatch(/-\s+- image: a:1\n\+\s+- image: b:1/);
  });

  test("shows managedFields only when asked", async () => {
    const name = `show-${suffix}`;
    await good("apply --server-side -f -", manifest(name, 1));
    expect(await good(`get deployment ${name} -o yaml`)).not.toContain("managedFields");
    const shown = await good(`get deployment ${name} -o yaml --show-managed-fields`);
    expect(shown).toContain(
      "managedFields:\n  - apiVersion: apps/v1\n    fieldsType: FieldsV1\n    fieldsV1:\n      f:spec:",
    );
    expect(shown).toContain('k:{"name":"main"}:');
  });

  test("takes over from client-side apply, and goes back", async () => {
    const name = `csa-${suffix}`;
    await good("apply -f -", manifest(name, 1));
    expect(await managers(name)).toEqual(["kubectl-client-side-apply Update"]);
    expect(await good("apply --server-side -f -", manifest(name, 3))).toContain("serverside-applied");
    // kubectl hands its entry over by a JSON patch, and keeps the annotation under a name of its own.
    expect(await managers(name)).toEqual(["kubectl Apply", "kubectl-last-applied Apply"]);
    const last = `get deployment ${name} -o jsonpath={.metadata.annotations.kubectl\\.kubernetes\\.io/last-applied-configuration}`;
    expect(JSON.parse(await good(last)).spec.replicas).toBe(3);
    expect(await good("apply -f -", manifest(name, undefined))).toContain("configured");
    expect(await good(`get deployment ${name} -o jsonpath={.spec.replicas}`)).toBe("1");
    expect(JSON.parse(await good(last)).spec.replicas).toBeUndefined();
  });

  test("edits, labels and patches own what they change", async () => {
    const name = `own-${suffix}`;
    await good("create -f -", manifest(name, 1));
    expect(await managers(name)).toEqual(["kubectl-create Update"]);
    await good(`label deployment ${name} a=b`);
    await good(`patch deployment ${name} -p {"spec":{"replicas":4}}`);
    await good(`set image deployment/${name} main=c:1`);
    expect(await managers(name)).toEqual([
      "kubectl-create Update",
      "kubectl-label Update",
      "kubectl-patch Update",
      "kubectl-set Update",
    ]);
    await good("replace -f -", manifest(name, 9));
    expect(await managers(name)).toContain("kubectl-replace Update");
  });
});
