/** Everything that is to work on several machines, in one cluster whose start is paid for once. */
import { afterAll, beforeAll } from "vitest";
import { clockSuite } from "./clock-suite.ts";
import { Cluster } from "./cluster.ts";
import { failureSuite } from "./failure-suite.ts";
import { describeHosts } from "./gate.ts";
import { makeImage, networkSuite } from "./network-suite.ts";
import { partitionSuite } from "./partition-suite.ts";
import { policySuite } from "./policy-suite.ts";
import { Residents } from "./residents.ts";

const HOSTS = 3;

describeHosts(`a cluster of ${HOSTS} hosts`, () => {
  let cluster: Cluster;
  let residents: Residents;

  beforeAll(async () => {
    const started = performance.now();
    cluster = await Cluster.start(HOSTS);
    const up = performance.now();
    await Promise.all(cluster.hosts.map((host) => host.must("sh", [makeImage])));
    residents = await Residents.settle(cluster);
    console.info(
      `hosts, engines and nodes Ready in ${Math.round(up - started)} ms, pods in another ${Math.round(performance.now() - up)} ms`,
    );
  }, 120_000);
  afterAll(() => cluster?.destroy(), 60_000);

  networkSuite(
    () => cluster,
    () => residents,
  );
  policySuite(
    () => cluster,
    () => residents,
  );
  failureSuite(
    () => cluster,
    () => residents,
  );
  partitionSuite(
    () => cluster,
    () => residents,
  );
  clockSuite(
    () => cluster,
    () => residents,
  );
});
