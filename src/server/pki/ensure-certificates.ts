import { Worker } from "node:worker_threads";
import { type ClusterCertificates, readCertificates } from "./certificate-files.ts";

/** The bundle has the worker beside it (scripts/build.ts). */
const workerFile = import.meta.url.endsWith(".ts") ? "./certificate-worker.ts" : "./certificate-worker.js";

/**
 * The cluster's certificates, made or renewed where they must be: on the first start, near their end, for new names.
 * Making them happens in a thread of its own, beside everything else that starts. Throws what makeCertificates() throws.
 */
export async function ensureCertificates(
  directory: string,
  serverNames: readonly string[],
  now: number,
): Promise<ClusterCertificates> {
  const present = await readCertificates(directory, serverNames, now);
  if (present) return present;
  await new Promise<void>((resolve, reject) => {
    const worker = new Worker(new URL(workerFile, import.meta.url), {
      workerData: { directory, serverNames, now },
      name: "certificates",
    });
    worker.once("error", reject);
    worker.once("exit", () => resolve());
  });
  const made = await readCertificates(directory, serverNames, now);
  if (!made) throw new Error(`the certificates in ${directory} are not usable: move the folder away and start again`);
  return made;
}
