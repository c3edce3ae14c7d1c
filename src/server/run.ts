/** `kl server` in the foreground: preflight, start, what to type next, and a graceful end on SIGTERM or SIGINT. */
import { systemClock } from "../machinery/clock.ts";
import { sinceProcessStart } from "../machinery/process-start.ts";
import { StoreUnavailableError } from "../store/types.ts";
import { ConfigError, type ServerConfig } from "./config.ts";
import { kubeconfigEntries, mergeKubeconfig, userKubeconfigFile } from "./kubeconfig.ts";
import { localSocket } from "./local-socket.ts";
import { createLogger } from "./logger.ts";
import { describeHolder, removePidFile, writePidFile } from "./pid-file.ts";
import { checkClock } from "./preflight/clock.ts";
import { checkDataDir } from "./preflight/data-dir.ts";
import { checkDocker } from "./preflight/docker.ts";
import { checkHost } from "./preflight/host.ts";
import { checkPort } from "./preflight/port.ts";
import type { Finding } from "./preflight/types.ts";
import { type RunningServer, startServer } from "./server.ts";
import { settleMemory } from "./settle-memory.ts";
import { StartError } from "./start-error.ts";

/** Resolves when the server has stopped. Throws StartError where it cannot start. */
export async function runServer(config: ServerConfig): Promise<void> {
  await preflight(config);
  // Told when it is known: a Docker engine that hangs must not keep the API waiting.
  if (config.agent) void checkDocker(config.dockerHost, process.env).then(warn);
  const log = createLogger(config.logLevel);
  const server = await start(config, log);
  writePidFile(config.dataDir);
  const stopped = stopOnSignal(server, config);
  await server.started.catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  settleMemory(systemClock);
  process.stdout.write(`ready in ${sinceProcessStart()} ms: ${server.url}\n`);
  if (config.writeKubeconfig) await mergeIntoUsers(server, config);
  process.stdout.write(`next: export KUBECONFIG=${server.kubeconfigFile} && kubectl get nodes\n`);
  if (!config.writeKubeconfig) {
    process.stdout.write("      (or start with --write-kubeconfig to have a context `kl` in your own kubeconfig)\n");
  }
  await stopped;
}

async function preflight(config: ServerConfig): Promise<void> {
  const findings: Finding[] = [...checkDataDir(config.dataDir), ...(await checkPort(config.bindAddress, config.port))];
  const errors = findings.filter(({ level }) => level === "error");
  if (errors.length === 0) {
    findings.push(...checkClock(config.dataDir, Date.now()));
    if (config.agent) findings.push(...checkHost(process.env));
    errors.push(
      ...findings.filter(({ level, message }) => level === "error" && !errors.some((e) => e.message === message)),
    );
  }
  if (errors.length > 0) throw new StartError(errors.map(({ message }) => message).join("\nerror: "));
  warn(findings);
}

function warn(findings: readonly Finding[]): void {
  for (const { message } of findings) process.stderr.write(`warning: ${message}\n`);
}

async function start(config: ServerConfig, log: ReturnType<typeof createLogger>): Promise<RunningServer> {
  try {
    return await startServer(config, log);
  } catch (error) {
    if (error instanceof StoreUnavailableError) throw new StartError(explainStore(error, config.dataDir));
    if (error instanceof ConfigError) throw new StartError(error.message);
    throw error;
  }
}

function explainStore(error: StoreUnavailableError, directory: string): string {
  switch (error.reason) {
    case "in-use":
      return `data dir ${directory} is in use by ${describeHolder(directory)}: stop it, or choose another with --data-dir`;
    case "disk-full":
      return `the disk of ${directory} is full: free some space, then start again`;
    case "read-only":
      return `${directory}/state.db cannot be written: check its owner and that the file system is not read-only`;
    case "corrupt":
      return `${directory}/state.db is damaged (${error.message}): put back a copy, or move it away to start anew`;
    case "io":
      return `${directory}/state.db cannot be opened: ${error.message}`;
  }
}

function stopOnSignal(server: RunningServer, config: ServerConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    const stop = (): void => {
      // A second signal does not wait: what was acknowledged is on the disk already.
      if (stopping) process.exit(130);
      stopping = true;
      server
        .stop()
        .then(() => removePidFile(config.dataDir))
        .then(() => {
          resolve();
          // The engine ends by itself what it was asked to end within a grace period; its answer is not waited for.
          process.exit();
        }, reject);
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });
}

async function mergeIntoUsers(server: RunningServer, { dataDir }: ServerConfig): Promise<void> {
  const file = userKubeconfigFile(process.env);
  try {
    await mergeKubeconfig(file, kubeconfigEntries(server.url, server.certificates, localSocket(dataDir)));
    process.stdout.write(`context kl is in ${file}: kubectl --context kl get nodes\n`);
  } catch (error) {
    process.stderr.write(`warning: ${(error as Error).message}\n`);
  }
}
