import { afterEach, expect, it } from "vitest";
import { tokenSecret } from "../../../src/machinery/bootstrap/bootstrap-token.ts";
import type { Secret } from "../../../src/machinery/types/core/v1.ts";
import { SimulatedCluster } from "../simulated-cluster.ts";

const secrets = { group: "", version: "v1", resource: "secrets" };
let cluster: SimulatedCluster;
afterEach(() => cluster.stop());

function token(id: string, expiration?: string): Secret {
  const parts = { id, secret: "0123456789abcdef", description: "", usages: [], groups: [] };
  return tokenSecret({ ...parts, expiration });
}

const names = (): string[] =>
  cluster.api
    .all<Secret>(secrets)
    .map(({ metadata }) => metadata.name?.replace("bootstrap-token-", "") ?? "")
    .sort();

it("takes tokens away when their time has come, and nothing else", async () => {
  cluster = await SimulatedCluster.start(["tokencleaner"]);
  const at = (seconds: number): string => new Date(cluster.clock.now() + seconds * 1000).toISOString();
  cluster.api.put(secrets, token("ending", at(60)));
  cluster.api.put(secrets, token("before", at(-1)));
  cluster.api.put(secrets, token("broken", "whenever"));
  cluster.api.put(secrets, token("always"));
  cluster.api.put(secrets, { ...token("opaque", at(-1)), type: "Opaque" });
  const elsewhere = token("abroad", at(-1));
  cluster.api.put(secrets, { ...elsewhere, metadata: { ...elsewhere.metadata, namespace: "default" } });
  await cluster.quiet();
  expect(names()).toEqual(["abroad", "always", "ending", "opaque"]);
  await cluster.pass(61_000);
  expect(names()).toEqual(["abroad", "always", "opaque"]);
});

it("follows an expiry that is put off", async () => {
  cluster = await SimulatedCluster.start(["tokencleaner"]);
  const at = (seconds: number): string => new Date(cluster.clock.now() + seconds * 1000).toISOString();
  cluster.api.put(secrets, token("ending", at(60)));
  await cluster.pass(30_000);
  cluster.api.put(secrets, token("ending", at(60)));
  await cluster.pass(45_000);
  expect(names()).toEqual(["ending"]);
  await cluster.pass(20_000);
  expect(names()).toEqual([]);
});
