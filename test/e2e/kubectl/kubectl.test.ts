/** Every kubectl verb, in two versions, on a cluster of simulated nodes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubectls } from "../../clients/kubectl.ts";
import { KlServer } from "../kl-server.ts";
import { applying } from "./applying.ts";
import { cluster } from "./cluster.ts";
import { creating } from "./creating.ts";
import { deploying } from "./deploying.ts";
import { files } from "./files.ts";
import { printing } from "./printing.ts";
import { throughProxy } from "./proxy.ts";
import { file, type Step, type Tour, take } from "./tour.ts";

const server = new KlServer({ args: ["--no-agent", "--simulated-nodes", "3"] });
const binaries = await kubectls();

beforeAll(async () => {
  await server.start();
});
afterAll(() => server.destroy());

describe.each(binaries)("%s", (binary) => {
  const version = 31 + 4 * binaries.indexOf(binary);
  let folder: string;
  let tour: Tour;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kl-kubectl-"));
    tour = { binary, version, kubeconfig: server.kubeconfig, namespace: `tour-${version}`, folder };
    for (const [name, text] of Object.entries(files)) await file(tour, name, text.replaceAll("{ns}", tour.namespace));
    await take(tour, { run: "create namespace {ns}", says: "namespace/{ns} created\n" });
    await take(tour, { run: "config set-context --current --namespace={ns}" });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("proxy", () => throughProxy(tour));

  const tables: Readonly<Record<string, readonly Step[]>> = { creating, printing, deploying, applying, cluster };
  it.each(Object.entries(tables))(
    "%s",
    async (_name, steps) => {
      const wrong: string[] = [];
      for (const step of steps) {
        if (version < (step.since ?? 0) || version >= (step.before ?? 99)) continue;
        await take(tour, step).catch((error: Error) => wrong.push(error.message));
      }
      expect(wrong.join("\n\n")).toBe("");
    },
    120_000,
  );
});
