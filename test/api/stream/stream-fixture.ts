/** A real API server with pods whose containers are processes of this host. */
import type { Pod, PodSpec } from "../../../src/machinery/types/core/v1.ts";
import { type Fixture, startApi } from "../fixture.ts";
import { ProcessAgent } from "./process-agent.ts";

export interface StreamFixture extends Fixture {
  readonly agent: ProcessAgent;
}

const pods = { group: "", version: "v1", resource: "pods" };

/** Pods: "web" (container app, init containers setup and stopped), "two" (a, b), "lost" on a node without agent, "pending". */
export async function startStreams(): Promise<StreamFixture> {
  const agent = new ProcessAgent();
  const fixture = await startApi({ agentOf: (nodeName) => (nodeName === "n1" ? agent : undefined) });
  const client = fixture.client.resource<Pod>(pods, "default");
  const put = async (name: string, spec: Partial<PodSpec>): Promise<void> => {
    const containers = [{ name: "app", image: "x", stdin: true }];
    const made = await client.create({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "default" },
      spec: { containers, ...spec },
    });
    if (spec.nodeName) await client.updateStatus({ ...made, status: { phase: "Running" } });
  };
  await put("web", { nodeName: "n1", initContainers: ["setup", "stopped"].map((name) => ({ name, image: "x" })) });
  await put("two", { nodeName: "n1", containers: ["a", "b"].map((name) => ({ name, image: "x" })) });
  await put("lost", { nodeName: "gone" });
  await put("pending", {});
  return {
    ...fixture,
    agent,
    async close() {
      for (const child of agent.children) child.kill("SIGKILL");
      await fixture.close();
    },
  };
}
