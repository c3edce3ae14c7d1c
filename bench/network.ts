/**
 * What the network of three hosts costs, and how soon it follows: hosts of namespaces, each with an engine of its own, all on
 * this machine. Ratios are of pairs in turns. Needs root. `node bench/network.ts [changes]`
 */
import { Cluster } from "../test/e2e/hosts/cluster.ts";
import { againstVxlan } from "./network/against-vxlan.ts";
import { makePods } from "./network/pods.ts";
import { names, readiness } from "./network/readiness.ts";
import { throughService } from "./network/through-service.ts";

const changes = Number(process.argv[2] ?? 120);

const cluster = await Cluster.start(3);
try {
  console.log(`join to Ready: ${cluster.joinTimes.map(Math.round).join(", ")} ms, side by side (aim: under 3 s)`);
  const [first, second, third, neighbour] = await makePods(cluster, [...cluster.hosts, cluster.host(3)]);
  if (!first || !second || !third || !neighbour) throw new Error("four pods were asked for");
  await readiness(cluster, [first, second, third], changes);
  await names(cluster, [first, second, third], Math.ceil(changes / 4));
  await throughService(second, third, "across nodes");
  await throughService(neighbour, third, "on one node");
  await againstVxlan(second, third);
} finally {
  await cluster.destroy();
}
