/** The server under load: its own process, a store on the disk, told what to do over IPC. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createApiServer } from "../../src/api/server.ts";
import { systemClock } from "../../src/machinery/clock.ts";
import { silentLogger } from "../../src/machinery/logger.ts";
import { createCertificateAuthority, issueCertificate } from "../../src/server/pki/certificate-authority.ts";
import { openSqliteStore } from "../../src/store/sqlite/open.ts";

const home = mkdtempSync(join(tmpdir(), "kl-bench-api-"));
const store = await openSqliteStore({ file: join(home, "state.db") });
const api = createApiServer({
  store,
  clock: systemClock,
  log: silentLogger,
  agentOf: () => undefined,
  serviceCidr: "10.43.0.0/16",
  historyWindow: 300_000,
});
const now = Date.now();
const authority = await createCertificateAuthority("bench", 1, now);
const serving = await issueCertificate(
  authority,
  { commonName: "kl", usage: "server", names: ["127.0.0.1"], days: 1 },
  now,
);
const admin = await issueCertificate(
  authority,
  { commonName: "admin", organizations: ["system:masters"], usage: "client", days: 1 },
  now,
);
const { port } = await api.listen({
  host: "127.0.0.1",
  port: 0,
  certificate: { ...serving, clientCa: authority.cert },
});
await api
  .client({ name: "bench", groups: ["system:masters"] })
  .resource({ group: "", version: "v1", resource: "serviceaccounts" }, "default")
  .create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } });
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

process.on("message", async (message) => {
  if (message === "figures") {
    process.send?.({
      loopDelayP99: delay.percentile(99) / 1e6,
      rss: process.memoryUsage().rss / 1024 / 1024,
      cpu: process.cpuUsage(),
    });
    delay.reset();
  } else if (message === "stop") {
    await api.close();
    await store.close();
    rmSync(home, { recursive: true });
    process.exit(0);
  }
});
process.on("disconnect", () => {
  rmSync(home, { recursive: true });
  process.exit(1);
});
process.send?.({ port, ca: authority.cert, ...admin });
