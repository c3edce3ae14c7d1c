/**
 * The node agent: registers its host as a Node, runs the pods that the server wants there, and tells how they are. It
 * knows of the cluster only what arrives over the link.
 */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { AgentLink, ServerLink } from "../../proto/agent.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { Pod, Taint } from "../machinery/types/core/v1.ts";
import { DesiredState } from "./desired/state.ts";
import { createEventRecorder } from "./events/recorder.ts";
import { createImageManager } from "./image/manager.ts";
import type { NetworkContext, NetworkOptions, NodeNetwork } from "./net/start.ts";
import { nodeFacts } from "./node/facts.ts";
import { Heartbeat } from "./node/heartbeat.ts";
import { hostAddress, hostArchitecture, hostFacts, type Measurement, measure } from "./node/measure.ts";
import { nodeObject } from "./node/registration.ts";
import { nodeStatus } from "./node/status.ts";
import { BackOff } from "./pod/backoff.ts";
import { usesContent } from "./pod/content.ts";
import type { PodContext } from "./pod/context.ts";
import { ProbeResults } from "./pod/probe-results.ts";
import { Slots } from "./pod/slots.ts";
import { PodWorkers } from "./pod/workers.ts";
import { createProbeManager } from "./probes/manager.ts";
import { resizeRefusal } from "./resize/capacity.ts";
import type { Runtime } from "./runtime/types.ts";
import { UsageSampler } from "./stats/sampler.ts";
import { apiTime } from "./status/container-status.ts";
import { createStatusReporter } from "./status/reporter.ts";
import { createAgentLink } from "./streams/agent-link.ts";
import { createVolumeManager } from "./volumes/manager.ts";
import { ServiceAccountTokens } from "./volumes/service-account-tokens.ts";

/** Four at once give 95 % of the throughput of ten, at half the delay of each. */
const SANDBOXES_AT_ONCE = 4;
const MAX_PODS = 110;

export interface AgentOptions {
  readonly nodeName: string;
  readonly link: ServerLink;
  readonly runtime: Runtime;
  /** Pods' folders are made below it; the container engine must see the same path. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  /** Absent: the address of the host's first interface. */
  readonly nodeIp?: string;
  /** Default 110, as the kubelet's. */
  readonly maxPods?: number;
  readonly podCidr?: string;
  /** Absent: no Services and no cluster DNS; pods ask for names whom the host asks. */
  readonly network?: NetworkOptions;
}

export interface Agent {
  /** What the server asks of this node: logs, exec, attach, port-forward. */
  readonly link: AgentLink;
  /** Ends the agent. The containers are left running; the next agent of this node adopts them. */
  stop(): Promise<void>;
}

/**
 * Resolves as soon as the agent works; that neither the server nor the container engine need answer yet: both are waited
 * for, and the node turns Ready by itself.
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { nodeName, link, runtime, clock, log } = options;
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const host = await hostFacts();
  const addresses = [options.nodeIp ?? hostAddress()];
  const network =
    options.network &&
    (await startNetwork({ nodeName, nodeAddress: addresses[0] ?? "", runtime, clock, log, ...options.network }));
  let measured: Measurement | undefined;

  const heartbeat = new Heartbeat({
    link,
    clock,
    log,
    build: async (previous, withImages) => {
      measured = await measure(runtime, dataDir, withImages);
      const now = apiTime(clock.now());
      return nodeStatus({ host, measured, addresses, maxPods: options.maxPods ?? MAX_PODS, previous, now });
    },
    nodeOf: (status) =>
      nodeObject(
        {
          nodeName,
          hostname: host.hostname,
          architecture: measured?.runtime?.architecture ?? hostArchitecture(),
          labels: options.labels ?? {},
          taints: options.taints ?? [],
          ...(options.podCidr === undefined ? {} : { podCidr: options.podCidr }),
        },
        status,
      ),
  });

  const workers = new PodWorkers();
  const desired = new DesiredState({
    podSet: (pod) => workers.set(pod),
    podRemoved: (pod) => workers.remove(pod.metadata.uid ?? ""),
    nodeSet: (node) => {
      if (node.metadata.name === nodeName) heartbeat.told(node);
    },
    contentChanged: (kind, namespace, name) =>
      workers.contentChanged((pod: Pod) => pod.metadata.namespace === namespace && usesContent(pod, kind, name)),
    synced: () => workers.synced(),
  });
  const allocatable = () => heartbeat.status?.allocatable ?? {};
  const tokens = new ServiceAccountTokens({ link, clock, log, due: (podUid) => workers.refreshVolumes(podUid) });
  const recorder = createEventRecorder({ nodeName, link, clock, log });
  const probes = createProbeManager({ runtime, sink: workers, clock });
  const reporter = createStatusReporter({ link, clock, log, gone: ({ uid }) => workers.remove(uid) });
  const context: PodContext = {
    runtime,
    volumes: createVolumeManager({ root: dataDir, objects: desired, log, tokens, allocatable }),
    images: createImageManager({ runtime, objects: desired, clock, log }),
    probes,
    results: new ProbeResults(),
    recorder,
    reporter,
    link,
    source: {
      configMap: (namespace, name) => desired.configMap(namespace, name),
      secret: (namespace, name) => desired.secret(namespace, name),
      services: () => desired.services(),
      allocatable,
    },
    resizeRefusal: (wish) => resizeRefusal(wish, workers.allocatedBeside(wish), allocatable()),
    crashes: new BackOff(clock),
    ...(network?.isolate ? { isolate: network.isolate } : {}),
    sandboxSlots: new Slots(SANDBOXES_AT_ONCE),
    clock,
    log,
    dataDir,
    node: nodeFacts({
      ips: addresses,
      memoryBytes: () => measured?.runtime?.memoryBytes,
      clusterDns: () => network?.clusterDns(),
      ...(network ? { clusterDomain: () => network.clusterDomain(), networkReady: () => network.ready() } : {}),
    }),
  };

  const usage = new UsageSampler({ runtime, clock, running: () => workers.running() });
  workers.start(context, () => heartbeat.beat());
  let unsubscribe: () => void = () => undefined;
  let stopped = false;
  // What was wanted last is known though the server be away: pods do not wait for the registration.
  const followed = heartbeat.measured().then(() => {
    if (stopped) return;
    const ends = [link.subscribe(desired)];
    for (const { sink, kinds } of network?.subscriptions ?? []) ends.push(link.subscribe(sink, kinds));
    unsubscribe = () => {
      for (const end of ends) end();
    };
  });
  followed
    .then(() => heartbeat.register())
    .catch((error: unknown) => log.error({ err: error }, "the node's desired state cannot be followed"));

  return {
    link: createAgentLink({ nodeName, runtime, pods: workers, stats: () => usage.stats() }),
    async stop() {
      stopped = true;
      unsubscribe();
      probes.close();
      tokens.close();
      await heartbeat.close();
      await workers.close();
      await recorder.close();
      reporter.close();
      await network?.stop();
    },
  };
}

async function startNetwork(context: NetworkContext): Promise<NodeNetwork | undefined> {
  const { startNodeNetwork } = await import("./net/start.ts");
  return startNodeNetwork(context);
}
