/** The thread in which certificates are made: what X.509 needs in memory goes away with it. */
import { workerData } from "node:worker_threads";
import { makeCertificates } from "./certificate-files.ts";

const { directory, serverNames, now } = workerData as {
  readonly directory: string;
  readonly serverNames: readonly string[];
  readonly now: number;
};
await makeCertificates(directory, serverNames, now);
