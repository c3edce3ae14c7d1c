import fc from "fast-check";
import { expect, test } from "vitest";
import { builtinDefinitions } from "../../../src/machinery/kinds/index.ts";
import type { KubeObject } from "../../../src/machinery/meta/object.ts";
import { PropagatingCluster } from "./propagating-cluster.ts";

const configMaps = { group: "", version: "v1", resource: "configmaps" };
const definitions = builtinDefinitions().filter(({ names }) => names.plural === "configmaps");
type Policy = "Background" | "Foreground" | "Orphan";

/** What must be left, told in the simplest way: owners by name, no graph, no queue. */
class Model {
  readonly owners = new Map<string, Set<string>>();

  delete(name: string, policy: Policy): void {
    this.owners.delete(name);
    if (policy === "Orphan") for (const owners of this.owners.values()) owners.delete(name);
    for (let again = true; again; ) {
      again = false;
      for (const [dependent, owners] of this.owners) {
        const lost = [...owners].filter((owner) => !this.owners.has(owner));
        if (lost.length === 0) continue;
        again = true;
        if (lost.length === owners.size) this.owners.delete(dependent);
        else for (const owner of lost) owners.delete(owner);
      }
    }
  }
}

test("whatever owns what and goes how, what is left is what a naive model leaves", { timeout: 60_000 }, async () => {
  const object = fc.record({ owners: fc.array(fc.nat(), { maxLength: 3 }), block: fc.boolean() });
  const deletion = fc.record({
    which: fc.nat(),
    policy: fc.constantFrom<Policy>("Background", "Foreground", "Orphan"),
    /** Whether the collector is down while it happens. */
    restart: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(object, { minLength: 1, maxLength: 14 }),
      fc.array(deletion, { maxLength: 6 }),
      async (objects, deletions) => {
        const model = new Model();
        const cluster = new PropagatingCluster();
        await cluster.run(["garbagecollector"], definitions);
        for (const [i, { owners, block }] of objects.entries()) {
          // Owners are older: no circles.
          const names = i === 0 ? [] : [...new Set(owners.map((number) => `o${number % i}`))];
          model.owners.set(`o${i}`, new Set(names));
          const ownerReferences = names.map((name) => ({
            apiVersion: "v1",
            kind: "ConfigMap",
            name,
            uid: `uid-${name}`,
            blockOwnerDeletion: block,
          }));
          const metadata = { name: `o${i}`, namespace: "default", uid: `uid-o${i}`, ownerReferences };
          cluster.api.put<KubeObject>(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata });
        }
        await cluster.quiet();
        for (const { which, policy, restart } of deletions) {
          const existing = [...model.owners.keys()];
          const name = existing[which % existing.length];
          if (name === undefined) break;
          if (restart) await cluster.restart(["garbagecollector"], definitions, () => remove(cluster, name, policy));
          else await remove(cluster, name, policy);
          await cluster.quiet();
          model.delete(name, policy);
          const left = cluster.api.all(configMaps).map(({ metadata }) => {
            const owners = metadata.ownerReferences?.map((owner) => owner.name).sort() ?? [];
            return [metadata.name, owners] as const;
          });
          const expected = [...model.owners].map(([each, owners]) => [each, [...owners].sort()] as const);
          expect(left.sort()).toEqual(expected.sort());
        }
        await cluster.stop();
      },
    ),
    { numRuns: 60 },
  );
});

async function remove(cluster: PropagatingCluster, name: string, propagationPolicy: Policy): Promise<void> {
  await cluster.api.resource(configMaps, "default").delete(name, { propagationPolicy });
}
