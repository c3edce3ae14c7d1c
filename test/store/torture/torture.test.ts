import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempFolder } from "../backends.ts";
import { runLane } from "./lane.ts";

test.each([
  { tear: false, kills: 10 },
  { tear: true, kills: 4 },
])(
  "killed $kills times under load, torn tail $tear: nothing is lost, nothing is wrong",
  { timeout: 60_000 },
  async ({ tear, kills }) => {
    const folder = tempFolder();
    const seed = Math.floor(Math.random() * 2 ** 31);
    const result = await runLane({ folder: join(folder, "lane"), kills, seed, tear });
    expect({ seed, violations: result.violations }).toEqual({ seed, violations: [] });
    expect(result.kills).toBe(kills);
    expect(result.acknowledged).toBeGreaterThan(0);
    expect(result.delivered).toBeGreaterThan(0);
    expect(result.torn > 0).toBe(tear);
    rmSync(folder, { recursive: true });
  },
);
