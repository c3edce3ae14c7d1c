import type { Engine } from "./engine.ts";
import { label, type Ownership, ownershipFilter } from "./labels.ts";

/** The engine takes its time for each. */
const atOnce = 10;

export interface Removed {
  readonly containers: number;
  readonly networks: number;
  readonly images: number;
}

/** Ends and removes all that one node has made in the engine. Nothing there is no fault. */
export async function removeAll(engine: Engine, owner: Ownership): Promise<Removed> {
  const filters = { label: ownershipFilter(owner) };
  const containers = await engine.call((docker) => docker.listContainers({ all: true, filters }));
  for (let first = 0; first < containers.length; first += atOnce) {
    await Promise.all(
      containers
        .slice(first, first + atOnce)
        .map(({ Id }) => quiet(engine.call((docker) => docker.getContainer(Id).remove({ force: true, v: true })))),
    );
  }
  const networks = await engine.call((docker) => docker.listNetworks({ filters }));
  for (const { Id } of networks) await engine.call((docker) => docker.getNetwork(Id).remove());
  return { containers: containers.length, networks: networks.length, images: await removeSandboxImages(engine) };
}

/** The engine keeps those that another cluster's pods use. */
async function removeSandboxImages(engine: Engine): Promise<number> {
  const used = await engine.call((docker) =>
    docker.listContainers({ all: true, filters: { label: [`${label.role}=sandbox`] } }),
  );
  if (used.length > 0) return 0;
  const images = await engine.call((docker) => docker.listImages({ filters: { label: ["io.kl.image=pause"] } }));
  let removed = 0;
  for (const { Id } of images) {
    if (await quiet(engine.call((docker) => docker.getImage(Id).remove()))) removed++;
  }
  return removed;
}

/** False: it was gone already, or is used. */
async function quiet(removal: Promise<unknown>): Promise<boolean> {
  try {
    await removal;
    return true;
  } catch (error) {
    const { reason } = error as { reason?: string };
    if (reason === "not-found" || reason === "conflict") return false;
    throw error;
  }
}
