/** Controllers over the fake API server, with a clock that the test turns and nodes that are a few lines. */
import { createInformerFactory } from "../../src/api/client/factory.ts";
import type { EventRecorder } from "../../src/api/client/types.ts";
import { type RunningControllers, startControllers } from "../../src/ctrl/index.ts";
import { controllers } from "../../src/ctrl/registry.ts";
import type { ResourceDefinition } from "../../src/machinery/kinds/types.ts";
import { silentLogger } from "../../src/machinery/logger.ts";
import type { Deployment, ReplicaSet } from "../../src/machinery/types/apps/v1.ts";
import type { Pod } from "../../src/machinery/types/core/v1.ts";
import { FakeCluster } from "../api/client/fake-client.ts";
import { FakeClock } from "../fake-clock.ts";

export const podResource = { group: "", version: "v1", resource: "pods" };
export const replicaSetResource = { group: "apps", version: "v1", resource: "replicasets" };
export const deploymentResource = { group: "apps", version: "v1", resource: "deployments" };

export class SimulatedCluster {
  readonly clock = new FakeClock();
  readonly api = new FakeCluster(this.clock);
  /** "Deployment/web Normal ScalingReplicaSet: …" */
  readonly events: string[] = [];
  #informers = createInformerFactory({ client: this.api, clock: this.clock, log: silentLogger });
  #running: RunningControllers | undefined;

  /** Starts these controllers and no others. */
  static async start(names: readonly string[], definitions: readonly ResourceDefinition[] = []) {
    const cluster = new SimulatedCluster();
    await cluster.run(names, definitions);
    return cluster;
  }

  async run(names: readonly string[], definitions: readonly ResourceDefinition[] = []): Promise<void> {
    const recorder: EventRecorder = {
      event: (about, type, reason, message) => {
        this.events.push(`${about.kind}/${about.metadata.name} ${type} ${reason}: ${message}`);
      },
    };
    this.#running = await startControllers({
      client: () => this.api,
      informers: this.#informers,
      events: () => recorder,
      clock: this.clock,
      log: silentLogger,
      definitions: () => definitions,
      rootCertificate: "-----BEGIN CERTIFICATE-----\n",
      disable: controllers.map(({ name }) => name).filter((name) => !names.includes(name)),
    });
    await this.quiet();
  }

  /** Does something while the controllers are down, and starts them again. */
  async restart(
    names: readonly string[],
    definitions: readonly ResourceDefinition[],
    meanwhile: () => Promise<void>,
  ): Promise<void> {
    await this.stop();
    await meanwhile();
    this.#informers = createInformerFactory({ client: this.api, clock: this.clock, log: silentLogger });
    await this.run(names, definitions);
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    await this.#informers.stop();
  }

  /** Resolves when nothing is written any more, back-offs of conflicts included. */
  async quiet(): Promise<void> {
    let calm = 0;
    for (let turn = 0; calm < 4; turn++) {
      if (turn > 500) throw new Error("the controllers never come to rest");
      const before = this.api.revision;
      await this.clock.run(20);
      calm = this.api.revision === before ? calm + 1 : 0;
    }
  }

  /** Turns the clock, letting the controllers work on the way. */
  async pass(milliseconds: number): Promise<void> {
    await this.clock.run(milliseconds);
    await this.quiet();
  }

  pods(): Pod[] {
    return this.api.all<Pod>(podResource);
  }

  replicaSets(): ReplicaSet[] {
    return this.api.all<ReplicaSet>(replicaSetResource);
  }

  deployment(name = "web"): Deployment {
    const deployment = this.api.peek<Deployment>(deploymentResource, name, "default");
    if (!deployment) throw new Error(`no deployment ${name}`);
    return deployment;
  }

  async updateDeployment(change: (spec: NonNullable<Deployment["spec"]>) => NonNullable<Deployment["spec"]>) {
    const deployment = this.deployment();
    const { resourceVersion: _, ...metadata } = deployment.metadata;
    const spec = change(deployment.spec ?? { template: { metadata: {} } });
    await this.api.resource<Deployment>(deploymentResource, "default").update({ ...deployment, metadata, spec });
  }

  /** What a node reports of a pod: running, and ready or not. */
  setReady(pod: Pod, ready = true): void {
    const lastTransitionTime = new Date(this.clock.now()).toISOString();
    this.api.put(podResource, {
      ...pod,
      spec: { ...(pod.spec ?? { containers: [] }), nodeName: pod.spec?.nodeName ?? "node-1" },
      status: {
        ...pod.status,
        phase: "Running",
        conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime }],
      },
    } as Pod);
  }

  async allReady(): Promise<void> {
    for (const pod of this.pods()) if (!pod.metadata.deletionTimestamp) this.setReady(pod);
    await this.quiet();
  }

  /** Nodes end the pods that are being deleted. */
  async endTerminating(): Promise<void> {
    for (const pod of this.pods()) if (pod.metadata.deletionTimestamp) this.endPod(pod);
    await this.quiet();
  }

  endPod(pod: Pod): void {
    this.api.remove(podResource, pod.metadata.name ?? "", pod.metadata.namespace);
  }

  /** Lets pods come up and go until nothing moves. */
  async converge(): Promise<void> {
    for (let turn = 0; ; turn++) {
      if (turn > 100) throw new Error("the pods never come to rest");
      const before = this.api.revision;
      for (const pod of this.pods()) {
        const ready = pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
        if (pod.metadata.deletionTimestamp) this.endPod(pod);
        else if (!ready) this.setReady(pod);
      }
      await this.quiet();
      if (this.api.revision === before) return;
    }
  }
}

export function podTemplate(image: string) {
  return { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image }] } };
}
