import { builtinDefinitions } from "../machinery/kinds/index.ts";
import { MetricRegistry } from "../machinery/metrics/registry.ts";
import { admissionChain } from "./admission/chain.ts";
import { admissionPlugins } from "./admission/plugins.ts";
import { registerAuditMetrics } from "./audit/audit-metrics.ts";
import { auditedClient } from "./audit/audited-client.ts";
import { authentication } from "./authn/authentication.ts";
import { impersonation } from "./authn/impersonation.ts";
import { issuerDiscovery } from "./authn/tokens/issuer-discovery.ts";
import { ServiceAccountTokens } from "./authn/tokens/service-account-tokens.ts";
import { TokenSigner } from "./authn/tokens/token-signer.ts";
import { ClusterAuthorizer } from "./authz/authorizer.ts";
import { apiServerUser, publishApiServer } from "./bootstrap/api-server-endpoints.ts";
import { registerLocalApiServices } from "./bootstrap/api-services.ts";
import { startCompaction } from "./bootstrap/compactor.ts";
import { reconcileDefaultPolicy } from "./bootstrap/rbac/reconcile.ts";
import { createSystemObjects } from "./bootstrap/system-objects.ts";
import { type InProcessOptions, inProcessClient } from "./client/in-process.ts";
import type { Client, UserInfo } from "./client/types.ts";
import { profilingPath } from "./debug/profiling-path.ts";
import { Discovery } from "./discovery/discovery.ts";
import { discoveryPaths } from "./discovery/discovery-paths.ts";
import { encryptionPath } from "./encryption/encryption-path.ts";
import { FlowConfigWatch } from "./flowcontrol/config-watch.ts";
import { FlowControl } from "./flowcontrol/flow-control.ts";
import { FlowGate } from "./flowcontrol/flow-gate.ts";
import { registerFlowMetrics } from "./flowcontrol/flow-metrics.ts";
import { WorkEstimator } from "./flowcontrol/work-estimate.ts";
import { authorityPath } from "./http/authority-path.ts";
import { ConnectDispatch } from "./http/connect-dispatch.ts";
import { Deadlines } from "./http/deadlines.ts";
import type { Exchange } from "./http/exchange.ts";
import { type PathHandler, RequestHandler } from "./http/handler.ts";
import { type HealthChecks, healthPaths, versionPath } from "./http/health.ts";
import { indexPath } from "./http/index-path.ts";
import { Listener } from "./http/listener.ts";
import { LocalListener } from "./http/local-listener.ts";
import { handleUpgrade } from "./http/upgrade.ts";
import { kindHooks } from "./kinds/index.ts";
import { ServiceAllocators } from "./kinds/services/allocators.ts";
import { metricsPath } from "./metrics/metrics-path.ts";
import { RequestMetrics } from "./metrics/request-metrics.ts";
import { registerServerMetrics } from "./metrics/server-metrics.ts";
import { OpenApiDocuments } from "./openapi/documents.ts";
import { openApiPaths } from "./openapi/openapi-paths.ts";
import type { Pipeline } from "./pipeline/types.ts";
import { Registry } from "./registry/registry.ts";
import { createStreamHandlers } from "./stream/handlers.ts";
import type { ApiServer, ApiServerOptions, ListenOptions, RequestLimits, ServingCertificate } from "./types.ts";
import { klVersion, versionInfo } from "./version.ts";
import { WatchHub } from "./watch/hub.ts";

/** kube-apiserver's defaults. */
const defaultLimits: RequestLimits = {
  maxRequestsInflight: 400,
  maxMutatingRequestsInflight: 200,
  requestTimeout: 60_000,
};

/** Nothing is read or written before the first client, or listen(), asks for it. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  return new KubeApiServer(options);
}

class KubeApiServer implements ApiServer {
  readonly #options: ApiServerOptions;
  readonly #pipeline: Pipeline;
  readonly #services: ServiceAllocators;
  readonly #authorizer: ClusterAuthorizer;
  readonly #clientOptions: InProcessOptions;
  readonly #flow: FlowControl;
  readonly #flowConfig: FlowConfigWatch;
  readonly #handler: RequestHandler;
  readonly #connect: ConnectDispatch;
  readonly #watches = new Set<() => void>();
  #starting: Promise<void> | undefined;
  #started = false;
  #closing = false;
  #stopCompaction: (() => void) | undefined;
  #listener: Listener | undefined;
  #localListener: LocalListener | undefined;
  #address = "127.0.0.1:6443";
  /** PEM, once the server listens. */
  #authority: string | undefined;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { clock, log, tracing, audit } = options;
    const store = tracing ? tracing.store(options.store) : options.store;
    const registry = new Registry(builtinDefinitions());
    const authorizer = new ClusterAuthorizer(store, log);
    this.#authorizer = authorizer;
    const signer = new TokenSigner(options.serviceAccountKey);
    const accounts = new ServiceAccountTokens(signer, store, clock);
    const { authenticators, tokens } = authentication(options.authentication ?? {}, accounts, options);
    this.#services = new ServiceAllocators(options.serviceCidr);
    const admission = admissionChain(
      admissionPlugins({
        store,
        clock,
        authorizer,
        disabled: options.disableAdmissionPlugins ?? [],
        podSecurity: options.podSecurity,
        annotate: audit && ((annotations) => audit.annotate(annotations)),
        client: () => this.client(apiServerUser),
      }),
    );
    this.#pipeline = {
      store,
      clock,
      log,
      registry,
      admission: tracing ? tracing.admission(admission) : admission,
      hub: new WatchHub(store, clock),
      kinds: kindHooks({
        ...{ services: this.#services, authorizer, signer, tokens, clock, agentOf: options.agentOf },
        components: {
          scheduler: options.components?.scheduler ?? working,
          "controller-manager": options.components?.["controller-manager"] ?? working,
          "etcd-0": () => store.health().fault?.message,
        },
      }),
    };
    this.#clientOptions = {
      pipeline: this.#pipeline,
      authorizer,
      started: () => (this.#started ? undefined : this.#start()),
    };
    this.#connect = new ConnectDispatch(createStreamHandlers(options), (user) => this.client(user));
    const limits = { ...defaultLimits, ...options.limits };
    const seats = limits.maxRequestsInflight + limits.maxMutatingRequestsInflight;
    this.#flow = new FlowControl({ clock, seats, waitLimit: limits.requestTimeout / 4 });
    this.#flowConfig = new FlowConfigWatch(this.#pipeline, this.#flow);
    const discovery = new Discovery(registry, () => this.#address);
    const metrics = options.metrics ?? new MetricRegistry();
    registerServerMetrics(metrics, store, registry, this.#pipeline.hub);
    registerFlowMetrics(metrics, this.#flow);
    if (options.audit) registerAuditMetrics(metrics, options.audit);
    const paths: readonly PathHandler[] = [
      healthPaths(this.#checks()),
      versionPath(versionInfo(klVersion)),
      authorityPath(() => this.#authority),
      discoveryPaths(discovery),
      issuerDiscovery(signer, () => this.#address),
      metricsPath(metrics),
      ...(options.profiling === false ? [] : [profilingPath()]),
      ...(options.encryption ? [encryptionPath(options.encryption)] : []),
      openApiPaths(new OpenApiDocuments(registry, klVersion, clock)),
    ];
    this.#handler = new RequestHandler({
      pipeline: this.#pipeline,
      authenticators,
      impersonation: impersonation(authorizer),
      authorizer,
      paths: [...paths, indexPath(paths)],
      connect: this.#connect,
      running: this.#watches,
      metrics: new RequestMetrics(metrics),
      flow: new FlowGate(this.#flow, new WorkEstimator(store, registry, this.#pipeline.hub)),
      deadlines: new Deadlines(clock, limits.requestTimeout),
      audit: options.audit,
      tracing,
      log,
    });
  }

  client(user: UserInfo): Client {
    const client = inProcessClient(this.#clientOptions, user);
    const { audit } = this.#options;
    return audit === undefined ? client : auditedClient(client, audit, user);
  }

  async listen({ local, ...options }: ListenOptions): Promise<{ port: number }> {
    await this.#start();
    const { tracing, audit } = this.#options;
    const within = (work: () => void): void => {
      const audited = audit ? () => audit.around(work) : work;
      if (tracing) tracing.around(audited);
      else audited();
    };
    const answer = (exchange: Exchange): void => void this.#handler.handle(exchange);
    const handle = tracing || audit ? (exchange: Exchange) => within(() => answer(exchange)) : answer;
    const upgrade = { handler: this.#handler, registry: this.#pipeline.registry, connect: this.#connect };
    this.#listener = await Listener.listen({
      ...options,
      proxyCa: this.#options.authentication?.requestHeader?.clientCa,
      handle,
      upgrade: (message, socket, head) => within(() => void handleUpgrade(upgrade, message, socket, head)),
      log: this.#options.log,
      ...(this.#options.otherNames ? { otherNames: this.#options.otherNames } : {}),
    });
    const { log } = this.#options;
    if (local) this.#localListener = await LocalListener.listen({ ...local, handle, log });
    const { port } = this.#listener;
    this.#authority = options.certificate.clientCa;
    this.#address = `${options.host}:${port}`;
    const { advertiseAddress } = this.#options;
    if (advertiseAddress !== undefined) {
      await publishApiServer(this.client(apiServerUser), advertiseAddress, port).catch((error: unknown) => {
        log.error({ err: error }, "the Service default/kubernetes does not lead to this server");
      });
    }
    return { port };
  }

  setCertificate(certificate: ServingCertificate): void {
    this.#authority = certificate.clientCa;
    this.#listener?.setCertificate(certificate);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#stopCompaction?.();
    this.#authorizer.close();
    this.#flowConfig.close();
    this.#connect.close();
    for (const end of [...this.#watches]) end();
    this.#pipeline.hub.close();
    await Promise.all([this.#listener?.close(), this.#localListener?.close()]);
    await this.#options.audit?.close();
    await this.#options.tracing?.close();
  }

  /** Once; a failure is told to everybody who waits, and tried again by the next. */
  #start(): Promise<void> {
    this.#starting ??= this.#prepare().catch((error: unknown) => {
      this.#starting = undefined;
      throw error;
    });
    return this.#starting;
  }

  async #prepare(): Promise<void> {
    const { store, clock, log, historyWindow } = this.#options;
    await this.#services.rebuild(store);
    await createSystemObjects(this.#pipeline, this.#services);
    await Promise.all([
      reconcileDefaultPolicy(this.#pipeline),
      registerLocalApiServices(this.#pipeline),
      this.#flowConfig.start(),
    ]);
    await this.#authorizer.start(this.#pipeline);
    this.#stopCompaction ??= startCompaction(store, clock, log, historyWindow);
    this.#started = true;
  }

  #checks(): HealthChecks {
    const { store, readyChecks = {} } = this.#options;
    const ping = (): undefined => undefined;
    const storage = (): string | undefined => store.health().fault?.message;
    const shutdown = (): string | undefined => (this.#closing ? "the server is shutting down" : undefined);
    return { livez: { ping }, readyz: { ping, store: storage, shutdown, ...readyChecks } };
  }
}

/** Without a scheduler or controllers of their own (a bare API server), nothing of them is broken. */
const working = (): undefined => undefined;
