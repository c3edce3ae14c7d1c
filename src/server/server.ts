/**
 * The composition root: what is started, in which order, and what is stopped in the reverse one. Everything that is not
 * needed to answer the first request is loaded after the API listens.
 */
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { agentServerName } from "../../proto/wire/server-name.ts";
import { createInformerFactory } from "../api/client/factory.ts";
import type { UserInfo } from "../api/client/types.ts";
import { createApiServer } from "../api/server.ts";
import type { ApiServer, ServingCertificate } from "../api/types.ts";
import { createAgentRegistry } from "../link/agent-registry.ts";
import { type AgentAcceptor, createAgentAcceptor } from "../link/grpc/acceptor.ts";
import { createNodeLinks } from "../link/node-links.ts";
import { type Clock, systemClock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import { MetricRegistry } from "../machinery/metrics/registry.ts";
import { klVersion } from "../machinery/version.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import type { Store } from "../store/types.ts";
import { advertiseAddress } from "./advertise-address.ts";
import { apiOptions, secretsEncryption } from "./api-options.ts";
import { clusterConfigData, writeClusterConfig } from "./cluster-config.ts";
import { clusterNetwork } from "./cluster-network.ts";
import type { ServerConfig } from "./config.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { kubeconfigEntries, writeKubeconfig } from "./kubeconfig.ts";
import { administrator, localSocket } from "./local-socket.ts";
import { type Nodes, startNodes } from "./nodes.ts";
import type { ClusterCertificates } from "./pki/certificate-files.ts";
import { ensureCertificates } from "./pki/ensure-certificates.ts";
import { renewRegularly } from "./pki/renewal.ts";
import { ensureServiceAccountKey } from "./pki/service-account-key.ts";
import { serverNames } from "./server-names.ts";

export interface RunningServer {
  /** "https://127.0.0.1:6443" */
  readonly url: string;
  readonly kubeconfigFile: string;
  readonly certificates: ClusterCertificates;
  /** Resolves when controllers, scheduler and this machine's node are at work too; the API answers before. */
  readonly started: Promise<void>;
  /** Watches end, accepted writes finish; containers go on. */
  stop(): Promise<void>;
}

const systemUser: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };
const controllerManagerUser: UserInfo = { name: "system:kube-controller-manager", groups: ["system:authenticated"] };

/** Rejects when the store cannot be opened or the address cannot be bound; nothing is left running then. */
export async function startServer(
  config: ServerConfig,
  log: Logger,
  clock: Clock = systemClock,
): Promise<RunningServer> {
  const names = serverNames(config);
  const given = await apiOptions(config.api, clock, log.child({ room: "api" }));
  const encryption = await secretsEncryption(config, clock, log.child({ room: "api" }));
  const [certificates, serviceAccountKey, files] = await Promise.all([
    ensureCertificates(join(config.dataDir, "pki"), names, clock.now()),
    ensureServiceAccountKey(join(config.dataDir, "pki")),
    openStore(config, log),
  ]);
  const store = encryption.over(files);
  const advertised = advertiseAddress(config);
  const agents = createAgentRegistry();
  const metrics = new MetricRegistry();
  let remoteAgents: AgentAcceptor | undefined;
  const acceptAgent = (socket: TLSSocket): void => {
    // Not so far yet: the agent dials again.
    if (remoteAgents) remoteAgents.accept(socket);
    else socket.destroy();
  };
  const api = createApiServer({
    store,
    clock,
    log,
    agentOf: (name) => agents.agentOf(name),
    serviceCidr: config.serviceCidr,
    ...(advertised === undefined ? {} : { advertiseAddress: advertised }),
    serviceAccountKey,
    historyWindow: config.historyWindow * 1000,
    otherNames: new Map([[agentServerName, acceptAgent]]),
    encryption,
    metrics,
    ...given,
  });
  const { port } = await listen(api, store, config, certificates);
  const url = `https://${hostInUrl(config.bindAddress)}:${port}`;
  const kubeconfigFile = join(config.dataDir, "kubeconfig.yaml");
  await writeKubeconfig(kubeconfigFile, kubeconfigEntries(url, certificates, localSocket(config.dataDir)));

  let controlPlane: ControlPlane | undefined;
  let nodes: Nodes | undefined;
  const started = (async () => {
    const client = api.client(controllerManagerUser);
    const informers = createInformerFactory({ client, clock, log: log.child({ room: "informers" }) });
    const links = createNodeLinks({
      client,
      informers,
      network: clusterNetwork(config, certificates),
      clock,
      log: log.child({ room: "link" }),
    });
    controlPlane = await startControlPlane({ api, informers, certificates, podNetwork: config, metrics, clock, log });
    await writeClusterConfig(api.client(systemUser), clusterConfigData(config, port));
    const linkLog = log.child({ room: "link" });
    remoteAgents = createAgentAcceptor({ links, agents, version: klVersion, clock, log: linkLog });
    nodes = await startNodes({ config, links, agents, apiPort: port, clock, log });
    // What was written before encryption was asked for.
    if (config.api.secretsEncryption) await encryption.reencrypt();
  })();
  // Whoever awaits `started` hears of a failure; it must not end the process before.
  started.catch((error: unknown) => log.error({ err: error }, "start of the control plane failed"));

  const stopRenewal = renewRegularly(clock, log, async () => {
    const renewed = await ensureCertificates(join(config.dataDir, "pki"), names, clock.now());
    api.setCertificate(servingCertificate(renewed));
    await writeKubeconfig(kubeconfigFile, kubeconfigEntries(url, renewed, localSocket(config.dataDir)));
  });

  return {
    url,
    kubeconfigFile,
    certificates,
    started,
    async stop() {
      stopRenewal();
      await started.catch(() => undefined);
      await remoteAgents?.close();
      await nodes?.stop();
      await controlPlane?.stop();
      await api.close();
      await store.close();
    },
  };
}

function openStore(config: ServerConfig, log: Logger): Promise<Store> {
  const storeLog = log.child({ room: "store" });
  return openSqliteStore({
    file: join(config.dataDir, "state.db"),
    log: (level, message, error) => storeLog[level]({ err: error }, message),
  });
}

async function listen(
  api: ApiServer,
  store: Store,
  config: ServerConfig,
  certificates: ClusterCertificates,
): Promise<{ port: number }> {
  const path = localSocket(config.dataDir);
  try {
    return await api.listen({
      host: config.bindAddress,
      port: config.port,
      certificate: servingCertificate(certificates),
      ...(path === undefined ? {} : { local: { path, user: administrator } }),
    });
  } catch (error) {
    await api.close();
    await store.close();
    throw error;
  }
}

function servingCertificate({ server, ca }: ClusterCertificates): ServingCertificate {
  return { key: server.key, cert: server.cert, clientCa: ca.cert };
}

/** A wildcard is no address to connect to. */
function hostInUrl(bindAddress: string): string {
  if (bindAddress === "0.0.0.0") return "127.0.0.1";
  if (bindAddress === "::") return "[::1]";
  return bindAddress.includes(":") ? `[${bindAddress}]` : bindAddress;
}
