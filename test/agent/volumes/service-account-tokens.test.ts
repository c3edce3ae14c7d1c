import { afterEach, beforeEach, expect, test } from "vitest";
import { LinkError, type PodRef, type ServiceAccountTokenRequest } from "../../../proto/agent.ts";
import { ServiceAccountTokens } from "../../../src/agent/volumes/service-account-tokens.ts";
import { silentLogger } from "../../../src/machinery/logger.ts";
import type { Pod } from "../../../src/machinery/types/core/v1.ts";
import { FakeClock, settle } from "../../fake-clock.ts";

let clock: FakeClock;
let asked: { readonly pod: PodRef; readonly request: ServiceAccountTokenRequest }[];
let due: string[];
let failing: Error | undefined;
let answer: () => string;
let serverNow: () => number;
let tokens: ServiceAccountTokens;

beforeEach(() => {
  clock = new FakeClock();
  asked = [];
  due = [];
  failing = undefined;
  serverNow = () => clock.now();
  answer = () => `token ${asked.length}`;
  tokens = new ServiceAccountTokens({
    clock,
    log: silentLogger,
    due: (podUid) => due.push(podUid),
    link: {
      async requestToken(pod, request) {
        asked.push({ pod, request });
        if (failing) throw failing;
        const expirationTimestamp = new Date(serverNow() + request.expirationSeconds * 1000).toISOString();
        return { token: answer(), expirationTimestamp };
      },
    },
  });
});
afterEach(() => tokens.close());

const pod: Pod = {
  metadata: { namespace: "shop", name: "web", uid: "u1" },
  spec: { serviceAccountName: "robot", containers: [] },
};
const hour = { expirationSeconds: 3600 };

test("a token is asked for once, for the pod's own account", async () => {
  expect(await Promise.all([tokens.token(pod, hour), tokens.token(pod, hour)])).toEqual(["token 1", "token 1"]);
  expect(await tokens.token(pod, hour)).toBe("token 1");
  expect(asked).toEqual([
    {
      pod: { namespace: "shop", name: "web", uid: "u1" },
      request: { serviceAccount: "robot", expirationSeconds: 3600 },
    },
  ]);
});

test("audiences and lives have tokens of their own", async () => {
  await tokens.token(pod, hour);
  expect(await tokens.token(pod, { ...hour, audience: "vault" })).toBe("token 2");
  expect(await tokens.token(pod, { expirationSeconds: 600 })).toBe("token 3");
});

test("at 80 % of its life a token is due and renewed", async () => {
  await tokens.token(pod, hour);
  await clock.run(2879_000);
  expect(due).toEqual([]);
  expect(await tokens.token(pod, hour)).toBe("token 1");
  await clock.run(1000);
  expect(due).toEqual(["u1"]);
  expect(await tokens.token(pod, hour)).toBe("token 2");
  await clock.run(2880_000);
  expect(due).toEqual(["u1", "u1"]);
});

test("one that lives for long is renewed every day", async () => {
  await tokens.token(pod, { expirationSeconds: 30 * 24 * 3600 });
  await clock.run(24 * 3600 * 1000);
  expect(due).toEqual(["u1"]);
});

test("while renewing fails the old one is used, until it ends", async () => {
  await tokens.token(pod, hour);
  failing = new Error("no way");
  await clock.run(2880_000);
  expect(await tokens.token(pod, hour)).toBe("token 1");
  await clock.run(60_000);
  expect(due).toEqual(["u1", "u1"]);
  await clock.run(660_000);
  await expect(tokens.token(pod, hour)).rejects.toThrow("no way");
});

test("a clock that is set ends no token, and is no reason to ask for more", async () => {
  const made = clock.now() - clock.elapsed();
  serverNow = () => made + clock.elapsed();
  answer = () => `head.${Buffer.from(JSON.stringify({ iat: serverNow() / 1000 })).toString("base64url")}.sign`;
  const first = await tokens.token(pod, hour);
  for (const hours of [2, -4]) {
    clock.jump(hours * 3_600_000);
    expect(await tokens.token(pod, hour)).toBe(first);
    await clock.run(60_000);
  }
  expect(due).toEqual([]);
  await clock.run(2760_000);
  expect(due).toEqual(["u1"]);
  const second = await tokens.token(pod, hour);
  expect(second).not.toBe(first);
  await clock.run(2700_000);
  expect(await tokens.token(pod, hour)).toBe(second);
  expect(asked).toHaveLength(2);
});

test("what is forgotten is not renewed", async () => {
  await tokens.token(pod, hour);
  tokens.forget("u1");
  await clock.run(3600_000);
  await settle();
  expect(due).toEqual([]);
});

test("while the server is away, what was written before is used until it ends", async () => {
  failing = new LinkError("Unavailable", "the server cannot be reached");
  const jwt = (exp: number) => `head.${Buffer.from(JSON.stringify({ exp })).toString("base64url")}.sign`;
  const good = jwt(clock.now() / 1000 + 600);
  expect(await tokens.token(pod, hour, async () => good)).toBe(good);
  await expect(tokens.token(pod, { expirationSeconds: 601 }, async () => jwt(clock.now() / 1000 - 1))).rejects.toBe(
    failing,
  );
  await expect(tokens.token(pod, { expirationSeconds: 602 }, async () => "no token")).rejects.toBe(failing);
  // It is asked for anew soon.
  await clock.run(60_000);
  expect(due).toEqual(["u1"]);
  failing = undefined;
  expect(await tokens.token(pod, hour, async () => good)).toMatch(/^token /);

  failing = new Error('serviceaccounts "robot" not found');
  await expect(tokens.token(pod, { expirationSeconds: 603 }, async () => good)).rejects.toBe(failing);
});
