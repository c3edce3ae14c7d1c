import { afterAll, beforeAll, expect, it } from "vitest";
import type { Fixture } from "../api/fixture.ts";
import { runCase } from "./cases.ts";
import { startGround } from "./ground.ts";

let api: Fixture;
beforeAll(async () => {
  api = await startGround();
});
afterAll(() => api.close());

it.each([7, 11])("1500 bodies and patches from seed %i are answered as they should be", async (seed) => {
  for (let number = 0; number < 1500; number++) {
    expect(await runCase(api, seed, number), `npm run fuzz -- --seed ${seed} --only ${number}`).toBeUndefined();
  }
});
