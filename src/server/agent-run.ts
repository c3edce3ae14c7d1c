/** `kl agent` in the foreground: preflight, joining, the node, and a graceful end on SIGTERM or SIGINT. */
import { lookup } from "node:dns/promises";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Agent } from "../agent/agent.ts";
import { ensureMembership } from "../agent/join/ensure-membership.ts";
import { JoinError } from "../agent/join/join-error.ts";
import { type Membership, writeCertificate } from "../agent/join/membership.ts";
import type { NodeCertificate, ServerConnection } from "../agent/link/types.ts";
import { systemClock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { sinceProcessStart } from "../machinery/process-start.ts";
import { klVersion } from "../machinery/version.ts";
import type { AgentConfig } from "./agent-config.ts";
import { createLogger } from "./logger.ts";
import { livingHolder, removePidFile, writePidFile } from "./pid-file.ts";
import { checkClock } from "./preflight/clock.ts";
import { checkDataDir } from "./preflight/data-dir.ts";
import { checkDocker } from "./preflight/docker.ts";
import { checkHost } from "./preflight/host.ts";
import type { Finding } from "./preflight/types.ts";
import { settleMemory } from "./settle-memory.ts";
import { StartError } from "./start-error.ts";

/** Resolves when the agent has stopped. Throws StartError where it cannot start, or the server does not want it. */
export async function runAgent(config: AgentConfig): Promise<void> {
  preflight(config);
  void checkDocker(config.dockerHost, process.env).then(warn);
  const log = createLogger(config.logLevel);
  writePidFile(config.dataDir);
  // While the server is away nothing else keeps the process: timers do not.
  const alive = setInterval(() => undefined, 2 ** 30);
  const interrupted = new AbortController();
  const onSignal = (): void => {
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  try {
    const membership = await enter(config, interrupted.signal);
    const node = await startNode(config, membership, log);
    try {
      await settled(node.connection, membership, interrupted.signal);
      await whenAborted(interrupted.signal);
    } finally {
      await node.stop();
    }
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
  } finally {
    clearInterval(alive);
    removePidFile(config.dataDir);
  }
  // The engine ends by itself what it was asked to end; its answer is not waited for.
  process.exit();
}

function preflight(config: AgentConfig): void {
  const { dataDir } = config;
  if (existsSync(join(dataDir, "state.db"))) {
    throw new StartError(
      `${dataDir} is the data dir of a server, which has a node of its own: choose another with --data-dir`,
    );
  }
  const holder = livingHolder(dataDir);
  if (holder !== undefined) {
    throw new StartError(
      `data dir ${dataDir} is in use by process ${holder}: stop it, or choose another with --data-dir`,
    );
  }
  const findings = [...checkDataDir(dataDir, "agent"), ...checkClock(dataDir, Date.now()), ...checkHost(process.env)];
  const errors = findings.filter(({ level }) => level === "error");
  if (errors.length > 0) throw new StartError(errors.map(({ message }) => message).join("\nerror: "));
  warn(findings);
}

function warn(findings: readonly Finding[]): void {
  for (const { message } of findings) process.stderr.write(`warning: ${message}\n`);
}

async function enter(config: AgentConfig, signal: AbortSignal): Promise<Membership> {
  const { server, token, nodeName, defaultNodeName, dataDir } = config;
  try {
    const membership = await ensureMembership({
      ...(server === undefined ? {} : { url: server }),
      ...(token === undefined ? {} : { token }),
      ...(nodeName === undefined ? {} : { nodeName }),
      defaultNodeName,
      directory: join(dataDir, "agent"),
      clock: systemClock,
      onWaiting: (name) =>
        process.stderr.write(`waiting for the certificate: kubectl certificate approve ${name} on the server\n`),
      signal,
    });
    // What the containers of this node are known by, beside those of other clusters.
    writeFileSync(join(dataDir, "cluster-id"), `${membership.clusterId}\n`);
    return membership;
  } catch (error) {
    if (error instanceof JoinError) throw new StartError(error.message, { cause: error });
    throw error;
  }
}

interface RunningNode {
  readonly connection: ServerConnection;
  stop(): Promise<void>;
}

async function startNode(config: AgentConfig, membership: Membership, log: Logger): Promise<RunningNode> {
  const [{ connectServer }, { startAgent }, { createDockerRuntime }, { keepCertificate }, apiServer] =
    await Promise.all([
      import("../agent/link/connection.ts"),
      import("../agent/agent.ts"),
      import("../agent/runtime/docker/runtime.ts"),
      import("../agent/join/renewal.ts"),
      addressOf(membership.server),
    ]);
  const { server: url, ca, nodeName, clusterId } = membership;
  const directory = join(config.dataDir, "agent");
  const clock = systemClock;
  const agentLog = log.child({ room: "agent" });
  let certificate: NodeCertificate = membership.certificate;
  const connection = connectServer({
    url,
    ca,
    certificate: () => certificate,
    nodeName,
    version: klVersion,
    stateDir: join(directory, "desired"),
    clock,
    log: agentLog,
  });
  let agent: Agent | undefined;
  const stopRenewal = keepCertificate({
    url,
    ca,
    nodeName,
    certificate,
    async renewed(next) {
      await writeCertificate(directory, next);
      certificate = next;
      connection.redial();
    },
    clock,
    log: agentLog,
  });
  const stop = async (): Promise<void> => {
    stopRenewal();
    await agent?.stop();
    await connection.close();
  };
  try {
    agent = await startAgent({
      nodeName,
      link: connection.link,
      runtime: createDockerRuntime({
        ...(config.dockerHost ? { host: config.dockerHost } : {}),
        clusterId,
        nodeName,
        clock,
        log: agentLog,
      }),
      dataDir: directory,
      labels: config.labels,
      taints: config.taints,
      ...(config.nodeIp === undefined ? {} : { nodeIp: config.nodeIp }),
      network: apiServer === undefined ? {} : { apiServer },
      clock,
      log: agentLog,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  connection.serve(agent.link);
  return { connection, stop };
}

/** undefined where the name is not known now: then the cluster's own EndpointSlices say where the API is. */
async function addressOf(url: string): Promise<{ address: string; port: number } | undefined> {
  const { hostname, port } = new URL(url);
  try {
    const { address } = await lookup(hostname.replace(/^\[|\]$/g, ""));
    return { address, port: Number(port || 443) };
  } catch {
    return undefined;
  }
}

/** Tells when the server has the node, or that it does not answer; rejects when it does not want it. */
function settled(connection: ServerConnection, { nodeName, server }: Membership, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      process.stderr.write(`warning: ${server} does not answer; what runs here goes on, and it is tried again\n`);
    }, 5000);
    const look = (): void => {
      const { state } = connection;
      if (state.phase === "connected") {
        process.stdout.write(`ready in ${sinceProcessStart()} ms: node ${nodeName} of ${server}\n`);
        settleMemory(systemClock);
      } else if (state.phase === "refused") reject(new StartError(`${server} refuses this agent: ${state.reason}`));
      else if (!signal.aborted) return;
      clearTimeout(late);
      stop();
      signal.removeEventListener("abort", look);
      resolve();
    };
    const stop = connection.onState(look);
    signal.addEventListener("abort", look, { once: true });
    look();
  });
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
