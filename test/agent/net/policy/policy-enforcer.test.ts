import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Nft, NftError } from "../../../../src/agent/net/nft.ts";
import { PolicyEnforcer } from "../../../../src/agent/net/policy/policy-enforcer.ts";
import { silentLogger } from "../../../../src/machinery/logger.ts";
import type { NetworkPolicy } from "../../../../src/machinery/types/networking/v1.ts";
import { FakeClock } from "../../../fake-clock.ts";
import { podOf } from "./arbitrary.ts";

const table = "kl-0-policy";
let clock: FakeClock;
let nft: FakeNft;
let enforcer: PolicyEnforcer;

class FakeNft implements Nft {
  readonly applied: string[] = [];
  refuse = 0;
  there = true;
  async apply(text: string): Promise<void> {
    if (this.refuse-- > 0) throw new NftError("no");
    this.applied.push(text);
  }
  check(): Promise<void> {
    return Promise.resolve();
  }
  async hasTable(): Promise<boolean> {
    return this.there;
  }
}

const deny = (app: string): NetworkPolicy => ({
  metadata: { name: `deny-${app}`, namespace: "red" },
  spec: { podSelector: { matchLabels: { app } }, ingress: [{ from: [{ podSelector: {} }] }] },
});

beforeEach(() => {
  clock = new FakeClock();
  nft = new FakeNft();
  enforcer = new PolicyEnforcer({ nodeName: "n1", nft, clock, log: silentLogger });
});
afterEach(() => enforcer.stop());

/** Turns the clock until what is pending is in the kernel. */
async function settle(): Promise<void> {
  let settled = false;
  void enforcer.settled().then(() => {
    settled = true;
  });
  for (let turn = 0; turn < 100 && !settled; turn++) await clock.advance(10);
  expect(settled).toBe(true);
}

async function isolating(): Promise<void> {
  enforcer.start("kl-0", true);
  enforcer.sink.reset();
  enforcer.sink.set("namespaces", { metadata: { name: "red" } });
  enforcer.sink.set("policypeers", podOf(0, { app: "a" }));
  enforcer.sink.set("policypeers", podOf(1, { app: "b" }));
  enforcer.sink.set("networkpolicies", deny("a"));
  enforcer.sink.synced();
  await settle();
}

describe("policy enforcer", () => {
  test("touches nothing before it knows all; without policies there is no table", async () => {
    enforcer.start("kl-0", true);
    enforcer.sink.reset();
    await clock.advance(1000);
    expect(nft.applied).toEqual([]);
    enforcer.sink.synced();
    await settle();
    expect(nft.applied).toEqual([`add table ip ${table}\ndelete table ip ${table}\n`]);
    await clock.advance(1000);
    expect(nft.applied).toHaveLength(1);
  });

  test("puts in the whole with the first policy, then only what changes, and takes all away with the last", async () => {
    await isolating();
    expect(nft.applied).toHaveLength(1);
    expect(nft.applied[0]).toContain("type filter hook forward");
    expect(nft.applied[0]).toMatch(/add element ip kl-0-policy ingress \{ 10\.42\.0\.2 : jump ingress\/\w+ \}/);
    enforcer.sink.set("policypeers", podOf(2, { app: "b" }));
    await settle();
    expect(nft.applied[1]).toMatch(/^add element ip kl-0-policy peers\/\w+ \{ 10\.42\.0\.4 \}\n$/);
    enforcer.sink.remove("policypeers", { namespace: "red", name: "pod-2" });
    await settle();
    expect(nft.applied[2]).toMatch(/^delete element ip kl-0-policy peers\/\w+ \{ 10\.42\.0\.4 \}\n$/);
    enforcer.sink.remove("networkpolicies", { namespace: "red", name: "deny-a" });
    await settle();
    expect(nft.applied[3]).toBe(`add table ip ${table}\ndelete table ip ${table}\n`);
  });

  test("what is not told again after a break is gone; what is, is not touched", async () => {
    await isolating();
    enforcer.sink.reset();
    enforcer.sink.set("namespaces", { metadata: { name: "red" } });
    enforcer.sink.set("policypeers", podOf(0, { app: "a" }));
    enforcer.sink.set("networkpolicies", deny("a"));
    enforcer.sink.synced();
    await settle();
    expect(nft.applied).toHaveLength(2);
    expect(nft.applied[1]).toMatch(/^delete element ip kl-0-policy peers\/\w+ \{ 10\.42\.1\.3 \}\n$/);
  });

  test("a pod's containers wait for its rules, also while the kernel refuses them; a pod without policies does not", async () => {
    await isolating();
    await enforcer.isolate({ metadata: { name: "free", namespace: "red", labels: { app: "c" } } }, ["10.42.0.8"]);
    nft.refuse = 1;
    let done = false;
    const isolated = enforcer
      .isolate({ metadata: { name: "new", namespace: "red", labels: { app: "a" } } }, ["10.42.0.9"])
      .then(() => {
        done = true;
      });
    await clock.advance(100);
    expect(done).toBe(false);
    await settle();
    await isolated;
    expect(nft.applied.at(-1)).toContain("10.42.0.9 : jump");
    expect(nft.applied.at(-1)).toContain("delete table");
  });

  test("nobody waits where nothing can be enforced, or when it stops", async () => {
    const waiting = enforcer.isolate({ metadata: { name: "p", namespace: "red" } }, ["10.42.0.9"]);
    enforcer.giveUp();
    await waiting;
    const other = new PolicyEnforcer({ nodeName: "n1", nft, clock, log: silentLogger });
    const stopped = other.isolate({ metadata: { name: "p", namespace: "red" } }, ["10.42.0.9"]);
    const rejected = expect(stopped).rejects.toThrow("stopping");
    await other.stop();
    await rejected;
  });

  test("puts the table in again when somebody has removed it", async () => {
    await isolating();
    nft.there = false;
    await clock.advance(61_000);
    await settle();
    await vi.waitFor(() => expect(nft.applied).toHaveLength(2));
    expect(nft.applied[1]).toContain("type filter hook forward");
  });
});
