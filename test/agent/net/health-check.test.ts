import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { HealthChecks } from "../../../src/agent/net/health-check.ts";
import { ServiceDirectory } from "../../../src/agent/net/service-directory.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import { FakeClock } from "../../fake-clock.ts";
import { serviceOf, sliceOf } from "./objects.ts";

let checks: HealthChecks | undefined;
afterEach(() => checks?.stop());

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

test("a load balancer learns on which nodes a Service has endpoints", async () => {
  const directory = new ServiceDirectory();
  checks = new HealthChecks({ directory, nodeName: "n1", clock: new FakeClock(), log: silentLogger });
  const healthCheckNodePort = await freePort();
  const service = serviceOf("web", { type: "LoadBalancer", externalTrafficPolicy: "Local", healthCheckNodePort });
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${healthCheckNodePort}/healthz`);
    const weight = response.headers.get("x-load-balancing-endpoint-weight");
    return { status: response.status, weight, body: await response.json() };
  };
  directory.set("services", service);
  directory.set("endpointslices", sliceOf("web", [{ ip: "10.42.1.2", node: "n2" }]));
  const about = { service: { namespace: "default", name: "web" }, serviceProxyHealthy: true };
  await expect
    .poll(() => ask().catch(() => undefined))
    .toEqual({
      status: 503,
      weight: "0",
      body: { ...about, localEndpoints: 0 },
    });
  directory.set("endpointslices", {
    ...sliceOf("web", [
      { ip: "10.42.0.2", node: "n1" },
      { ip: "10.42.1.2", node: "n2" },
    ]),
  });
  expect(await ask()).toEqual({ status: 200, weight: "1", body: { ...about, localEndpoints: 1 } });
  directory.remove("services", { namespace: "default", name: "web" });
  await expect.poll(() => ask().catch(() => "refused")).toBe("refused");
});
