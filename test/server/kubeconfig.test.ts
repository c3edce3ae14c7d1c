import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  kubeconfigEntries,
  mergeKubeconfig,
  userKubeconfigFile,
  writeKubeconfig,
} from "../../src/server/kubeconfig.ts";

const pair = (name: string) => ({ key: `${name} key`, cert: `${name} cert` });
const entries = kubeconfigEntries("https://127.0.0.1:6443", {
  ca: pair("ca"),
  server: pair("server"),
  admin: pair("admin"),
});

describe("kubeconfig", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kl-kubeconfig-"));
    file = join(folder, "sub", "config");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is a file of its own that only the owner reads", async () => {
    const own = join(folder, "kubeconfig.yaml");
    await writeKubeconfig(own, entries);
    expect(statSync(own).mode & 0o777).toBe(0o600);
    const config = parse(readFileSync(own, "utf8"));
    expect(config["current-context"]).toBe("kl");
    expect(config.clusters[0].cluster.server).toBe("https://127.0.0.1:6443");
    expect(Buffer.from(config.users[0].user["client-key-data"], "base64").toString()).toBe("admin key");
  });

  it("merges into nothing", async () => {
    await mergeKubeconfig(file, entries);
    expect(parse(readFileSync(file, "utf8"))).toMatchObject({ "current-context": "kl", contexts: [{ name: "kl" }] });
  });

  it("loses nothing that is there, comments included, and keeps the current context", async () => {
    const path = join(folder, "config");
    writeFileSync(
      path,
      `# mine\napiVersion: v1\nkind: Config\nclusters:\n- name: work # the one that pays\n  cluster: {server: https://work}\nusers: []\ncontexts: null\ncurrent-context: work\npreferences: {colors: true}\n`,
    );
    await mergeKubeconfig(path, entries);
    await mergeKubeconfig(path, entries);
    const text = readFileSync(path, "utf8");
    expect(text).toContain("# mine");
    expect(text).toContain("# the one that pays");
    const config = parse(text);
    expect(config.clusters.map((cluster: { name: string }) => cluster.name)).toEqual(["work", "kl"]);
    expect(config.users).toHaveLength(1);
    expect(config.contexts).toHaveLength(1);
    expect(config["current-context"]).toBe("work");
    expect(config.preferences).toEqual({ colors: true });
  });

  it("leaves alone what is no kubeconfig", async () => {
    const path = join(folder, "config");
    writeFileSync(path, "- not\n- a config\n");
    await expect(mergeKubeconfig(path, entries)).rejects.toThrow(/it was left as it is/);
    expect(readFileSync(path, "utf8")).toBe("- not\n- a config\n");
  });

  it("goes where kubectl writes", () => {
    expect(userKubeconfigFile({ KUBECONFIG: "/a:/b" })).toBe("/a");
    expect(userKubeconfigFile({})).toMatch(/\.kube\/config$/);
  });
});
