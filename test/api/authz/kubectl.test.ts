/** kubectl auth, as https://kubernetes.io/docs/reference/access-authn-authz/authorization/ shows it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientResult, kubectls, runClient } from "../../clients/kubectl.ts";
import { type Fixture, startApi } from "../fixture.ts";

const binaries = await kubectls();
let api: Fixture;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

describe.each(binaries)("%s", (binary) => {
  const suffix = binaries.indexOf(binary);
  const kubectl = (args: string, stdin?: string): Promise<ClientResult> =>
    runClient(binary, args.split(" "), { kubeconfig: api.kubeconfig, ...(stdin === undefined ? {} : { stdin }) });
  const good = async (args: string, stdin?: string): Promise<string> => {
    const { code, stdout, stderr } = await kubectl(args, stdin);
    expect(code, `${args}: ${stderr}`).toBe(0);
    return stdout;
  };

  test("can-i, for oneself and for others", async () => {
    const user = `vera-${suffix}`;
    await good(`create rolebinding ${user} --clusterrole=view --user=${user}`);
    expect(await good("auth can-i create deployments")).toBe("yes\n");
    expect(await good(`auth can-i list pods --as ${user}`)).toBe("yes\n");
    const no = await kubectl(`auth can-i list secrets --as ${user}`);
    expect([no.code, no.stdout]).toEqual([1, "no\n"]);
    const rows = (await good(`auth can-i --list --as ${user}`)).split("\n").map((line) => line.trim().split(/ {2,}/));
    expect(rows[0]).toEqual(["Resources", "Non-Resource URLs", "Resource Names", "Verbs"]);
    expect(rows).toContainEqual(["pods/log", "[]", "[]", "[get list watch]"]);
    expect(rows).toContainEqual(["selfsubjectreviews.authentication.k8s.io", "[]", "[]", "[create]"]);
    expect(rows).toContainEqual(["[/healthz]", "[]", "[get]"]);
    expect((await good("auth can-i --list")).split("\n")[1]?.trim().split(/ {2,}/)).toEqual(["*.*", "[]", "[]", "[*]"]);
  });

  test("whoami", async () => {
    const rows = (await good("auth whoami --as kim --as-group a --as-group b")).split("\n").map((line) => line.trim());
    expect(rows.slice(1, 3).map((row) => row.split(/ {2,}/))).toEqual([
      ["Username", "kim"],
      ["Groups", "[a b system:authenticated]"],
    ]);
  });

  test("reconcile adds what is missing", async () => {
    const name = `reader-${suffix}`;
    const manifest = (resources: string): string => `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: ${name}}
rules: [{apiGroups: [""], resources: [${resources}], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ${name}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${name}}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: rob-${suffix}}]
`;
    await good("auth reconcile -f -", manifest("pods"));
    const again = await good("auth reconcile -f -", manifest("nodes"));
    expect(again).toContain(`clusterrole.rbac.authorization.k8s.io/${name} reconciled`);
    for (const resource of ["pods", "nodes"]) {
      expect(await good(`auth can-i get ${resource} --as rob-${suffix}`)).toBe("yes\n");
    }
  });

  test("create token gives one that serves", async () => {
    const name = `robot-${suffix}`;
    await good(`create serviceaccount ${name}`);
    const token = (await good(`create token ${name} --duration=20m`)).trim();
    const headers = { authorization: `Bearer ${token}` };
    const body = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const answer = await api.ask("POST", path, { identity: null, headers, body });
    expect(answer.body.status.userInfo.username).toBe(`system:serviceaccount:default:${name}`);
  });

  test("a refusal reads as on any cluster", async () => {
    const { code, stderr } = await kubectl("get nodes --as nobody");
    expect([code, stderr.trim()]).toEqual([
      1,
      'Error from server (Forbidden): nodes is forbidden: User "nobody" cannot list resource "nodes" in API group "" at the cluster scope',
    ]);
  });
});
