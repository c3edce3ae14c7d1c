import { X509Certificate } from "node:crypto";
import { isNotFound } from "../controller.ts";
import { Periodic } from "../periodic.ts";
import type { ControllerFactory } from "../types.ts";
import { type SigningRequest, signingRequests } from "./signing-request.ts";

const hour = 3_600_000;
/** How long a request stays, by what became of it. */
const kept = { issued: hour, denied: hour, failed: hour, pending: 24 * hour } as const;

/** Takes requests away that nobody needs any more (pkg/controller/certificates/cleaner). */
export const cleaningController: ControllerFactory = ({ client, informers, clock, log }) => {
  const informer = informers.informer<SigningRequest>(signingRequests);
  return new Periodic({
    name: "csrcleaner",
    clock,
    log,
    interval: hour,
    async run(signal) {
      for (const request of informer.lister.list()) {
        if (signal.aborted) return;
        if (!isDone(request, clock.now())) continue;
        const { name = "", uid } = request.metadata;
        try {
          await client
            .resource<SigningRequest>(signingRequests)
            .delete(name, uid === undefined ? {} : { preconditions: { uid } });
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
      }
    },
  });
};

/** `now` in ms since the epoch. */
export function isDone({ metadata, status }: SigningRequest, now: number): boolean {
  const olderThan = (time: string | undefined, limit: number): boolean =>
    time !== undefined && now - Date.parse(time) > limit;
  const { conditions = [], certificate } = status ?? {};
  if (conditions.length === 0) return olderThan(metadata.creationTimestamp, kept.pending);
  return conditions.some(({ type, lastUpdateTime }) => {
    switch (type) {
      case "Approved":
        if (!certificate) return false;
        return olderThan(lastUpdateTime, kept.issued) || hasExpired(certificate, now);
      case "Denied":
        return olderThan(lastUpdateTime, kept.denied);
      case "Failed":
        return olderThan(lastUpdateTime, kept.failed);
      default:
        return false;
    }
  });
}

function hasExpired(certificate: string, now: number): boolean {
  return new X509Certificate(Buffer.from(certificate, "base64")).validToDate.getTime() < now;
}
