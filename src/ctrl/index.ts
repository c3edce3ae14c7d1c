/** The public face of the controllers: all of them, started together once the informers have synced. */
import type { Client, EventRecorder, InformerFactory, UserInfo } from "../api/client/types.ts";
import type { Clock } from "../machinery/clock.ts";
import type { Logger } from "../machinery/logger.ts";
import type { MetricRegistry } from "../machinery/metrics/registry.ts";
import { QueuedController } from "./controller.ts";
import { controllers } from "./registry.ts";
import type { Controller, ControllerServices } from "./types.ts";
import { registerWorkqueueMetrics } from "./workqueue-metrics.ts";

export interface ControllersOptions extends ControllerServices {
  /**
   * The client of a controller's service account, by the account's name in kube-system ("deployment-controller"):
   * one that acts as controllerUser(serviceAccount).
   */
  client(serviceAccount: string): Client;
  readonly informers: InformerFactory;
  /** A recorder whose events carry `component` as their source and are written by `client`. */
  events(component: string, client: Client): EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names of controllers that shall not run. */
  readonly disable?: readonly string[];
  /** Where the work queues' figures are to be seen. */
  readonly metrics?: MetricRegistry;
}

export interface RunningControllers {
  readonly names: readonly string[];
  /** Resolves when the running reconciliations have ended. The informers are the caller's to stop, afterwards. */
  stop(): Promise<void>;
}

/** The identity of a controller, as kube-controller-manager's with --use-service-account-credentials. */
export function controllerUser(serviceAccount: string): UserInfo {
  return {
    name: `system:serviceaccount:kube-system:${serviceAccount}`,
    groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
  };
}

/** Builds the controllers, starts their informers and resolves when these have synced and all controllers run. */
export async function startControllers(options: ControllersOptions): Promise<RunningControllers> {
  const disabled = new Set(options.disable);
  const running: Controller[] = [];
  for (const { name, serviceAccount, create } of controllers) {
    if (disabled.has(name)) continue;
    const client = options.client(serviceAccount);
    running.push(
      create({
        client,
        informers: options.informers,
        events: options.events(serviceAccount, client),
        clock: options.clock,
        log: options.log,
        definitions: options.definitions,
        rootCertificate: options.rootCertificate,
        ...(options.podNetwork ? { podNetwork: options.podNetwork } : {}),
        ...(options.signCertificate ? { signCertificate: options.signCertificate } : {}),
      }),
    );
  }
  if (options.metrics) {
    const queued = running.filter((controller) => controller instanceof QueuedController);
    registerWorkqueueMetrics(options.metrics, queued);
  }
  options.informers.start();
  await options.informers.synced();
  for (const controller of running) controller.start();
  return {
    names: running.map(({ name }) => name),
    async stop() {
      await Promise.all(running.map((controller) => controller.stop()));
    },
  };
}
