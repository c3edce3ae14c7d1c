/** Helm 3 and 4 with a chart of hooks, on simulated nodes: https://helm.sh/docs/topics/charts_hooks/. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KlServer } from "../e2e/kl-server.ts";
import { type ClientResult, helms, kubectls, runClient } from "./kubectl.ts";

const chart = fileURLToPath(new URL("../charts/hooked", import.meta.url));
const server = new KlServer({ args: ["--no-agent", "--simulated-nodes", "2"] });
const binaries = await helms();
const [, kubectl = ""] = await kubectls();
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "kl-helm-"));
  await server.start();
});
afterAll(async () => {
  await server.destroy();
  await rm(home, { recursive: true });
});

async function good(binary: string, ...args: string[]): Promise<string> {
  const result: ClientResult = await runClient(binary, args, { kubeconfig: server.kubeconfig, timeout: 60_000 });
  expect(result.code, `${args.join(" ")}: ${result.stderr}`).toBe(0);
  return result.stdout;
}

describe.each(binaries)("%s", (binary) => {
  const name = `hooked-${binaries.indexOf(binary) + 3}`;
  const hooks = async (): Promise<string> =>
    good(kubectl, "get", "configmaps", "-o", "jsonpath={range .items[*]}{.metadata.name}:{.data.revision} {end}");

  it("installs, waits, tests, upgrades, rolls back, lists and uninstalls", async () => {
    const installed = await good(binary, "install", name, chart, "--wait", "--timeout", "30s");
    expect(installed).toMatch(/STATUS: deployed\nREVISION: 1\n/);
    expect(await hooks()).toContain(`${name}-post-install:1 ${name}-pre-install:1 `);
    // Because of --wait there is a ready pod by now.
    const ready = ["get", "deployment", name, "-o", "jsonpath={.status.readyReplicas}"];
    expect(await good(kubectl, ...ready)).toBe("1");

    expect(await good(binary, "test", name, "--timeout", "30s")).toMatch(/Phase: +Succeeded/);

    await good(binary, "upgrade", name, chart, "--wait", "--timeout", "30s", "--set", "replicas=2,image=web:2");
    expect(await good(kubectl, ...ready)).toBe("2");
    expect(await hooks()).toContain(`${name}-post-upgrade:2 `);
    expect(await hooks()).toContain(`${name}-pre-upgrade:2 `);
    expect(await good(binary, "list", "--filter", name)).toMatch(/\sdefault\s+2\s+.*\sdeployed\s+hooked-0\.1\.0/);
    expect(JSON.parse(await good(binary, "list", "-o", "json"))).toMatchObject([{ name, revision: "2" }]);

    await good(binary, "rollback", name, "1", "--wait", "--timeout", "30s");
    expect(await hooks()).toContain(`${name}-pre-rollback:`);
    const history = await good(binary, "history", name);
    expect(history).toMatch(/1\s.*superseded[\s\S]*2\s.*superseded[\s\S]*3\s.*deployed.*Rollback to 1/);
    expect(await good(binary, "get", "manifest", name)).toContain('image: "web:1"');
    expect(await good(binary, "status", name)).toMatch(/STATUS: deployed\nREVISION: 3\n/);

    await good(binary, "uninstall", name, "--wait", "--timeout", "30s");
    expect(await good(binary, "list", "-q")).not.toContain(name);
    expect(await hooks()).toContain(`${name}-pre-delete:`);
    await good(kubectl, "delete", "configmaps", "--all");
  }, 120_000);
});
