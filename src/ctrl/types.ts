import type { Client, EventRecorder, InformerFactory } from "../api/client/types.ts";
import type { Clock } from "../machinery/clock.ts";
import type { ResourceDefinition } from "../machinery/kinds/types.ts";
import type { Logger } from "../machinery/logger.ts";

/** What only some controllers need, and the composition root knows. */
export interface ControllerServices {
  /** Every kind that is served now. Asked anew whenever it matters, so that kinds may come and go. */
  definitions(): readonly ResourceDefinition[];
  /** PEM of the CA that signs the API server's certificate: what every namespace's kube-root-ca.crt holds. */
  readonly rootCertificate: string;
  /** How nodes come by their pods' addresses; absent: nobody gives them any. */
  readonly podNetwork?: {
    readonly clusterCidr: string;
    readonly serviceCidr: string;
    /** Bits of a node's range: 24. */
    readonly nodeCidrMaskSize: number;
  };
  /** Signs with the cluster's CA; resolves with PEM. Absent: nothing is signed here. */
  readonly signCertificate?: (order: {
    /** PEM of a PKCS #10 request whose signature was checked. */
    readonly request: string;
    /** As in the spec of a CertificateSigningRequest. */
    readonly usages: readonly string[];
    /** ms */
    readonly duration: number;
  }) => Promise<string>;
}

/** What a controller gets. Its client acts under its own identity: system:serviceaccount:kube-system:<name>-controller. */
export interface ControllerContext extends ControllerServices {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Level-triggered: reconcile(key) reads informers, compares, writes. It may run twice, late, or after a crash with no
 * harm. Asks for its informers in its constructor function; `start` is called when they have synced.
 */
export interface Controller {
  /** As in kube-controller-manager: "deployment", "replicaset", "garbagecollector". */
  readonly name: string;
  start(): void;
  /** Resolves when the running reconciliations have ended. */
  stop(): Promise<void>;
}

export type ControllerFactory = (context: ControllerContext) => Controller;
