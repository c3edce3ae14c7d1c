/**
 * From create to Ready over 30 pods, one after another, on the local Docker engine; the floor is the same two containers
 * (pause and app) by `docker run` by hand, in turn with them.
 */
import { execFileSync } from "node:child_process";
import { ask, median, percentile, removeDataDir, startKl, temporaryDataDir } from "./kl-process.ts";

const pods = 30;
execFileSync("sh", ["examples/hello/make-image.sh"], { stdio: "ignore" });

const dataDir = temporaryDataDir();
const kl = await startKl(dataDir, ["--node-name", "bench"]);
const path = "/api/v1/namespaces/default/pods";

const isReady = (pod: { status?: { conditions?: { type: string; status: string }[] } }): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

async function start(name: string): Promise<number> {
  const began = performance.now();
  const created = await ask(kl, "POST", path, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "app", image: "hello:1", command: ["sleep", "3600"] }],
    },
  });
  if (created.code !== 201) throw new Error(`create: ${created.code} ${created.body}`);
  for (;;) {
    const { body } = await ask(kl, "GET", `${path}/${name}`);
    if (isReady(JSON.parse(body.toString()))) return performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

function byHand(index: number): number {
  const names = [`kl-bench-pause-${index}`, `kl-bench-app-${index}`];
  const began = performance.now();
  execFileSync("docker", ["run", "-d", "--name", names[0] ?? "", "hello:1", "sleep", "3600"], { stdio: "ignore" });
  execFileSync(
    "docker",
    ["run", "-d", "--name", names[1] ?? "", `--network=container:${names[0]}`, "hello:1", "sleep", "3600"],
    {
      stdio: "ignore",
    },
  );
  const took = performance.now() - began;
  execFileSync("docker", ["rm", "-f", ...names], { stdio: "ignore" });
  return took;
}

async function untilNode(): Promise<void> {
  for (;;) {
    const { body } = await ask(kl, "GET", "/api/v1/nodes");
    const { items } = JSON.parse(body.toString()) as { items: Parameters<typeof isReady>[0][] };
    if (items.some(isReady)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

await untilNode();
const own: number[] = [];
const floor: number[] = [];
for (let index = 0; index < pods; index += 1) {
  floor.push(byHand(index));
  own.push(await start(`pod-${index}`));
  await ask(kl, "DELETE", `${path}/pod-${index}?gracePeriodSeconds=0`);
}
const ratio = median(own.map((took, index) => took / (floor[index] ?? Number.NaN)));
process.stdout.write(
  `pod create to Ready:          median ${median(own).toFixed(0)} ms, p99 ${percentile(own, 0.99).toFixed(0)} ms\n`,
);
process.stdout.write(
  `two docker run by hand:       median ${median(floor).toFixed(0)} ms, p99 ${percentile(floor, 0.99).toFixed(0)} ms\n`,
);
process.stdout.write(`ratio, pair by pair:          median ${ratio.toFixed(2)}\n`);
// The node removes the containers of deleted pods; wait for the last before it goes.
for (;;) {
  const left = execFileSync("docker", ["ps", "-aq", "--filter", "label=io.kubernetes.pod.namespace=default"], {
    encoding: "utf8",
  });
  if (left.trim() === "") break;
  await new Promise((resolve) => setTimeout(resolve, 200));
}
await kl.stop();
removeDataDir(dataDir);
