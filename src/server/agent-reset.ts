/** `kl agent reset`: takes back what kl has made on this host, so that it is as it was before it joined. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readMembership } from "../agent/join/membership.ts";
import type { AgentConfig } from "./agent-config.ts";
import { livingHolder } from "./pid-file.ts";
import { StartError } from "./start-error.ts";

/** Throws StartError; what could be taken back until then has been, and it may be tried again. */
export async function resetAgent(config: Pick<AgentConfig, "dataDir" | "dockerHost">): Promise<void> {
  const { dataDir, dockerHost } = config;
  if (existsSync(join(dataDir, "state.db"))) {
    throw new StartError(`${dataDir} is a server's data dir, with a cluster in it: choose the agent's with --data-dir`);
  }
  const holder = livingHolder(dataDir);
  if (holder !== undefined) {
    throw new StartError(`the agent of ${dataDir} is running (process ${holder}): stop it first (kill ${holder})`);
  }
  const directory = join(dataDir, "agent");
  const membership = await readMembership(directory);
  if (membership !== undefined) {
    const owner = { clusterId: membership.clusterId, nodeName: membership.nodeName };
    const [{ connectEngine }, { removeAll }, { networkName }, { removeNodeNetwork }] = await Promise.all([
      import("../agent/runtime/docker/engine.ts"),
      import("../agent/runtime/docker/remove-all.ts"),
      import("../agent/runtime/docker/network.ts"),
      import("../agent/net/removal.ts"),
    ]);
    const removed = await removeAll(connectEngine(dockerHost), owner).catch((error: unknown) => {
      throw new StartError(
        `${(error as Error).message} (its containers cannot be removed without it: nothing was reset)`,
      );
    });
    const { containers, networks } = removed;
    say(
      `removed ${containers} container${containers === 1 ? "" : "s"}${networks > 0 ? " and the network" : ""} of node ${owner.nodeName}`,
    );
    if (process.platform === "linux") {
      await removeNodeNetwork(networkName(owner));
      say("removed its rules, routes and the overlay's device");
    }
  }
  unmountBelow(directory);
  rmSync(directory, { recursive: true, force: true });
  for (const file of ["cluster-id", "pid"]) rmSync(join(dataDir, file), { force: true });
  say(membership === undefined ? `nothing of a node was in ${dataDir}` : `removed ${directory}`);
  if (membership) say(`the node itself stays in the cluster until: kubectl delete node ${membership.nodeName}`);
}

/** Volumes in memory and paths of other places: what is behind them must not be deleted with the folder. */
function unmountBelow(directory: string): void {
  if (process.platform !== "linux") return;
  const below = mountsBelow(directory);
  for (const path of below) {
    try {
      execFileSync("umount", ["-l", path], { stdio: "pipe" });
    } catch (error) {
      throw new StartError(`${path} cannot be unmounted (${(error as Error).message.split("\n")[0]}): run it as root`);
    }
  }
  const [left] = mountsBelow(directory);
  if (left !== undefined) throw new StartError(`${left} is still mounted: unmount it, then reset again`);
}

/** The innermost first. */
function mountsBelow(directory: string): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) =>
      (line.split(" ")[1] ?? "").replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8))),
    )
    .filter((path) => path.startsWith(`${directory}/`))
    .reverse();
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
