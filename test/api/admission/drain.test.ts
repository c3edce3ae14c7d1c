/** kubectl drain asks for evictions, and waits where a budget says no. */
import { expect, test, vi } from "vitest";
import { kubectls, runClient } from "../../clients/kubectl.ts";
import { admissionServer, make, newNamespace, podThing, type Thing } from "./cases.ts";

const held = admissionServer({ disableAdmissionPlugins: ["ServiceAccount"] });
const see = "https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/";

function running(name: string, node: string): Thing {
  const metadata = {
    labels: { app: node },
    ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "web-uid", controller: true }],
  };
  return {
    ...podThing(name, { terminationGracePeriodSeconds: 0, nodeName: node }, metadata),
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  };
}

for (const [i, binary] of (await kubectls()).entries()) {
  test.concurrent(`${binary} drains a node as far as the budget allows, then all of it (${see})`, async () => {
    const { api } = held;
    const node = `n${i}`;
    const namespace = await newNamespace(api);
    await make(api, { apiVersion: "v1", kind: "Node", metadata: { name: node } }, "");
    for (const name of ["a", "b"]) await make(api, running(name, node), namespace);
    const status = {
      observedGeneration: 1,
      currentHealthy: 2,
      desiredHealthy: 1,
      expectedPods: 2,
      disruptionsAllowed: 1,
    };
    const spec = { minAvailable: 1, selector: { matchLabels: { app: node } } };
    await make(
      api,
      { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "web" }, spec, status },
      namespace,
    );
    const drain = (args: string) =>
      runClient(binary, ["drain", node, "--force", "--disable-eviction=false", ...args.split(" ")], {
        kubeconfig: api.kubeconfig,
      });
    const partly = await drain("--timeout=2s");
    expect(partly.code).toBe(1);
    expect(partly.stdout).toContain(`node/${node} cordoned`);
    expect(partly.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
    const left = async () => (await api.get(`/api/v1/namespaces/${namespace}/pods`)).body.items.length;
    expect(await left()).toBe(1);
    await api.ask("PATCH", `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/web/status`, {
      headers: { "content-type": "application/merge-patch+json" },
      body: { status: { disruptionsAllowed: 1 } },
    });
    const { code, stdout } = await drain("--timeout=30s");
    expect(stdout).toContain(`node/${node} drained`);
    expect(code).toBe(0);
    await vi.waitFor(async () => expect(await left()).toBe(0));
  }, 45_000);
}
