/** Informers, controllers and scheduler over the in-process client, each under its own identity. */
import { createEventRecorder } from "../api/client/event-recorder.ts";
import type { Client, InformerFactory, UserInfo } from "../api/client/types.ts";
import type { ApiServer } from "../api/types.ts";
import { controllerUser, startControllers } from "../ctrl/index.ts";
import type { ControllerServices } from "../ctrl/types.ts";
import type { Clock } from "../machinery/clock.ts";
import { builtinDefinitions } from "../machinery/kinds/index.ts";
import type { Logger } from "../machinery/logger.ts";
import type { MetricRegistry } from "../machinery/metrics/registry.ts";
import { startScheduler } from "../sched/scheduler.ts";
import type { ClusterCertificates } from "./pki/certificate-files.ts";
import { CertificateSigner } from "./pki/certificate-signer.ts";

export interface ControlPlane {
  /** Resolves when what is under way has ended; the informers are stopped too. */
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  readonly api: ApiServer;
  /** Shared with the nodes of this process, which must have asked for theirs before: they are started here. */
  readonly informers: InformerFactory;
  readonly certificates: ClusterCertificates;
  readonly podNetwork: NonNullable<ControllerServices["podNetwork"]>;
  readonly metrics: MetricRegistry;
  readonly clock: Clock;
  readonly log: Logger;
}

const schedulerUser: UserInfo = { name: "system:kube-scheduler", groups: ["system:authenticated"] };

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { api, informers, certificates, podNetwork, metrics, clock, log } = options;
  const recorders: { stop(): Promise<void> }[] = [];
  const recorder = (component: string, client: Client) => {
    const created = createEventRecorder({ client, clock, log, component });
    recorders.push(created);
    return created;
  };
  const signer = new CertificateSigner(certificates.ca, clock);
  // Controllers first: their indexes must be there before anybody starts the informers.
  const controllers = await startControllers({
    client: (serviceAccount) => api.client(controllerUser(serviceAccount)),
    informers,
    events: recorder,
    clock,
    log: log.child({ room: "ctrl" }),
    definitions: builtinDefinitions,
    rootCertificate: certificates.ca.cert,
    metrics,
    podNetwork,
    signCertificate: (order) => signer.sign(order),
  });
  const schedulerClient = api.client(schedulerUser);
  const scheduler = startScheduler({
    client: schedulerClient,
    informers,
    events: recorder("default-scheduler", schedulerClient),
    clock,
    log: log.child({ room: "sched" }),
    metrics,
  });
  return {
    async stop() {
      await Promise.all([scheduler.stop(), controllers.stop()]);
      await Promise.all(recorders.map((created) => created.stop()));
      await informers.stop();
      await signer.close();
    },
  };
}
