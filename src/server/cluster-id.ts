/** Tells this cluster's containers from those of another `kl` on the same Docker engine. Made once, kept in DIR/cluster-id. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function clusterIdOf(dataDir: string): string {
  const file = join(dataDir, "cluster-id");
  if (existsSync(file)) {
    const id = readFileSync(file, "utf8").trim();
    if (id !== "") return id;
  }
  const id = randomUUID();
  writeFileSync(file, `${id}\n`);
  return id;
}
