/** The texts under a real kernel: step by step it comes to the same as all at once. */
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createNft } from "../../../../src/agent/net/nft.ts";
import { compilePolicy } from "../../../../src/agent/net/policy/compile.ts";
import { policyPod } from "../../../../src/agent/net/policy/policy-pod.ts";
import { PolicyRules } from "../../../../src/agent/net/policy/policy-rules.ts";
import {
  type AppliedPolicies,
  appliedOf,
  changesText,
  removalText,
  wholeText,
} from "../../../../src/agent/net/policy/policy-table.ts";
import { keyOf } from "../../../../src/machinery/meta/object.ts";
import { describeNetwork, namespaceName } from "../network-gate.ts";
import * as arbitrary from "./arbitrary.ts";

const namespace = namespaceName();
const table = { name: "kl-0-policy", podInterface: "kl-0" };
const nft = createNft(["ip", "netns", "exec", namespace, "nft"]);

/** What the kernel has, in an order of our own. */
function listed(): string[] {
  const command = ["netns", "exec", namespace, "nft", "-j", "list", "table", "ip", table.name];
  const { nftables } = JSON.parse(execFileSync("ip", command, { encoding: "utf8" })) as { nftables: object[] };
  const plain = (key: string, value: unknown): unknown => {
    if (key === "handle") return undefined;
    return key === "elem" && Array.isArray(value) ? value.map((one) => JSON.stringify(one)).sort() : value;
  };
  // Within a chain the rules' order does not matter but for the last, and that is the same in all of them.
  return nftables.map((one) => JSON.stringify(one, plain)).sort();
}

describeNetwork("the policies' table", () => {
  beforeAll(() => {
    execFileSync("ip", ["netns", "add", namespace]);
  });
  afterAll(() => {
    execFileSync("ip", ["netns", "del", namespace]);
  });

  const steps = fc.array(
    fc.oneof(
      arbitrary.policy.map((policy) => (rules: PolicyRules) => rules.setPolicy(keyOf(policy), compilePolicy(policy))),
      arbitrary.pod.map((pod) => (rules: PolicyRules) => rules.setPod(keyOf(pod), policyPod(pod))),
      arbitrary.namespace.map(
        (one) => (rules: PolicyRules) => rules.setNamespace(keyOf(one), one.metadata.labels ?? {}),
      ),
      arbitrary.pod.map((pod) => (rules: PolicyRules) => rules.setPod(keyOf(pod), undefined)),
      arbitrary.policy.map((policy) => (rules: PolicyRules) => rules.setPolicy(keyOf(policy), undefined)),
    ),
    { minLength: 8, maxLength: 14 },
  );

  test("is the same after many small changes as after one large", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const [live, whole] = [new PolicyRules("n1"), new PolicyRules("n1")];
        await nft.apply(wholeText(table, live.state()));
        let applied: AppliedPolicies = appliedOf(live.state());
        for (const step of all) {
          step(live);
          step(whole);
          const state = live.state();
          const text = changesText(table, applied, state);
          if (text !== "") await nft.apply(text);
          applied = appliedOf(state);
        }
        const inSteps = listed();
        await nft.apply(wholeText(table, whole.state()));
        expect(inSteps).toEqual(listed());
      }),
      { numRuns: 12 },
    );
    await nft.apply(removalText(table));
  });
});
