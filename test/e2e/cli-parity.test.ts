/** `kl` beside the real kubectl, line by line, on one server: what they print, where, and their exit codes. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { differing } from "../cli/parity/differing.ts";
import { lines } from "../cli/parity/lines.ts";
import { normal } from "../cli/parity/normal.ts";
import { kubectls } from "../clients/kubectl.ts";
import { KlServer } from "./kl-server.ts";

const manifests = fileURLToPath(new URL("../cli/parity/manifests", import.meta.url));
const program = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const server = new KlServer({ args: ["--no-agent", "--simulated-nodes", "3"] });
/** Each client has a namespace of its own, so that both can do the same. */
const namespaces = { kl: "parity-a", kubectl: "parity-b" } as const;
type Client = keyof typeof namespaces;

let kubectl = "";

function run(client: Client, line: string): Promise<string> {
  const [command = "", file] = line.split(" < ");
  const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  const [executable, ...first] = client === "kl" ? [process.execPath, program] : [kubectl];
  return new Promise((resolve) => {
    const child = execFile(
      executable ?? "",
      [...first, ...words],
      {
        cwd: manifests,
        timeout: 60_000,
        maxBuffer: 1 << 26,
        env: { PATH: process.env.PATH, HOME: server.dataDir, KUBECONFIG: join(server.dataDir, `${client}.yaml`) },
      },
      (_error, stdout, stderr) => {
        resolve(`exit code ${child.exitCode}\n--- stdout\n${normal(stdout)}--- stderr\n${normal(stderr)}`);
      },
    );
    // A client may end without having read.
    child.stdin?.on("error", () => child.stdin?.destroy());
    child.stdin?.end(file === undefined ? "" : readFileSync(join(manifests, file)));
  });
}

beforeAll(async () => {
  kubectl = (await kubectls()).at(-1) ?? "";
  await server.start();
  const config = readFileSync(server.kubeconfig, "utf8");
  for (const [client, namespace] of Object.entries(namespaces)) {
    const own = config.replace(/^( +)(user: kl)$/m, `$1$2\n$1namespace: ${namespace}`);
    expect(own).toContain(namespace);
    writeFileSync(join(server.dataDir, `${client}.yaml`), own);
  }
  const manifest = join(server.dataDir, "namespaces.yaml");
  for (const name of Object.values(namespaces)) {
    writeFileSync(manifest, `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}}}`);
    expect(await run("kubectl", `create -f ${manifest}`)).toContain("created");
  }
}, 60_000);
afterAll(() => server.destroy());

describe("kl answers as kubectl does", () => {
  it.each(lines.split("\n").filter((line) => line !== ""))("%s", async (line) => {
    const [own, theirs] = await Promise.all([run("kl", line), run("kubectl", line)]);
    const known = differing[line];
    if (known === undefined) expect(own).toBe(theirs);
    else expect(own, `no difference any more: ${known}`).not.toBe(theirs);
  });
});
