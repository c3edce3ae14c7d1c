/** Renews the node's certificate with the node's own identity, long before it ends. */
import { X509Certificate } from "node:crypto";
import type { Clock } from "../../machinery/clock.ts";
import type { Logger } from "../../machinery/logger.ts";
import type { NodeCertificate } from "../link/types.ts";
import { requestCertificate } from "./request-certificate.ts";
import { ServerApi } from "./server-api.ts";

/** A clock that is set forward, or a host that slept, is noticed so soon. */
const longestWait = 3_600_000;
const firstRetry = 30_000;
const lastRetry = 600_000;

export interface RenewalOptions {
  readonly url: string;
  readonly ca: string;
  readonly nodeName: string;
  readonly certificate: NodeCertificate;
  /** Keeps it and has it used; the old one is good for a while yet. */
  readonly renewed: (certificate: NodeCertificate) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 to 1: the nodes of a cluster that were made together shall not come together. Absent: by chance. */
  readonly jitter?: number;
}

/** Between 70 and 90 % of the certificate's life, as the kubelet does it. ms since the epoch. */
export function renewalTime(cert: string, jitter: number): number {
  const { validFromDate, validToDate } = new X509Certificate(cert);
  const life = validToDate.getTime() - validFromDate.getTime();
  return validFromDate.getTime() + life * (0.7 + 0.2 * jitter);
}

/** Returns a function that ends it. */
export function keepCertificate(options: RenewalOptions): () => void {
  const { url, ca, nodeName, clock, log, renewed } = options;
  const abort = new AbortController();
  const { signal } = abort;
  let cancel: () => void = () => undefined;
  let current = options.certificate;
  let due = 0;
  let retry = firstRetry;
  const plan = (): void => {
    due = renewalTime(current.cert, options.jitter ?? Math.random());
    wait();
  };
  const wait = (): void => {
    if (signal.aborted) return;
    cancel = clock.after(Math.min(Math.max(due - clock.now(), 0), longestWait), () => {
      if (clock.now() < due) wait();
      else void renew();
    });
  };
  const renew = async (): Promise<void> => {
    try {
      const api = new ServerApi({ url, ca, credentials: { certificate: current } });
      current = await requestCertificate({ api, nodeName, clock, signal });
      await renewed(current);
      retry = firstRetry;
      plan();
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error }, "the node's certificate could not be renewed; it is tried again");
      due = clock.now() + retry;
      retry = Math.min(retry * 2, lastRetry);
      wait();
    }
  };
  plan();
  return () => {
    abort.abort();
    cancel();
  };
}
