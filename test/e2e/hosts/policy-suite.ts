import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NetworkPolicy } from "../../../src/machinery/types/networking/v1.ts";
import * as arbitrary from "../../agent/net/policy/arbitrary.ts";
import { isAllowed } from "../../agent/net/policy/reference.ts";
import { until } from "../until.ts";
import type { Cluster } from "./cluster.ts";
import { openPorts, type Resident, type Residents } from "./residents.ts";

const CASES = 44;
const DEADLINE = 10_000;

/** Always the same ones; the last of two policies with one name counts. */
const cases: NetworkPolicy[][] = fc
  .sample(fc.array(arbitrary.policy, { minLength: 1, maxLength: 3 }), { numRuns: CASES, seed: 20 })
  .map((policies) => [
    ...new Map(policies.map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, one])).values(),
  ]);

const describeCase = (policies: readonly NetworkPolicy[]): string =>
  JSON.stringify(policies.map(({ metadata, spec }) => ({ in: metadata.namespace, ...spec }))).replaceAll('"', "");

const policiesOf = (namespace = "") => `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;

export function policySuite(cluster: () => Cluster, residents: () => Residents): void {
  describe(`NetworkPolicies, ${CASES} cases`, () => {
    const delays: number[] = [];
    let [allowed, refused, near, far] = [0, 0, 0, 0];

    test.each(cases.map((policies, index) => ({ index, policies, text: describeCase(policies) })))(
      "$index: $text",
      { timeout: 30_000 },
      async ({ policies }) => {
        const { api } = cluster();
        for (const policy of policies) await api.create(policiesOf(policy.metadata.namespace), policy);
        const written = performance.now();
        try {
          const expected = matrix((from, to, protocol, port) =>
            Promise.resolve(judge(policies, from, to, protocol, port)),
          );
          const wanted = await expected;
          for (;;) {
            const started = performance.now();
            const seen = await matrix(async (from, to, protocol, port) =>
              Boolean(await from.prober.ask(to.ip, port, protocol)),
            );
            const wrong = [...wanted].filter(([question, answer]) => seen.get(question) !== answer);
            if (wrong.length === 0) {
              delays.push(started - written);
              break;
            }
            if (started - written > DEADLINE) expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(wanted));
          }
          await nodesReachTheirPods();
          for (const [question, answer] of wanted) {
            if (answer) allowed++;
            else refused++;
            if (question.includes(" near ")) near++;
            if (question.includes(" far ")) far++;
          }
        } finally {
          for (const { metadata } of policies) await api.remove(`${policiesOf(metadata.namespace)}/${metadata.name}`);
        }
      },
    );

    test("a pod is isolated from the very first instant of its first container", { timeout: 60_000 }, async () => {
      const { api, hosts } = cluster();
      const target = residents().all.find(({ pod }) => pod.metadata.namespace === "blue");
      const policy: NetworkPolicy = {
        metadata: { name: "mute", namespace: "blue" },
        spec: { podSelector: { matchLabels: { mute: "yes" } }, policyTypes: ["Egress"] },
      };
      await api.create(policiesOf("blue"), policy);
      try {
        for (const { name } of hosts) {
          // Ends well where none of its attempts from the start on gets through.
          const script = `for i in 1 2 3 4 5; do nc -w 1 ${target?.ip} 80 </dev/null && exit 1; done; exit 0`;
          const container = { name: "c", image: "guestbook:1", command: ["sh", "-c", script] };
          await api.create("/api/v1/namespaces/blue/pods", {
            metadata: { name: `mute-${name}`, labels: { mute: "yes" } },
            spec: { nodeName: name, restartPolicy: "Never", containers: [container] },
          });
        }
        const ended = await until(
          () => cluster().pods("blue", "mute=yes"),
          (pods) => pods.every(({ status }) => status?.phase === "Succeeded" || status?.phase === "Failed"),
        );
        expect(ended.map(({ status }) => status?.phase)).toEqual(hosts.map(() => "Succeeded"));
      } finally {
        await api.remove(`${policiesOf("blue")}/mute`);
        for (const { name } of hosts) await api.remove(`/api/v1/namespaces/blue/pods/mute-${name}`);
      }
    });

    test("were of every kind, and in force soon", () => {
      delays.sort((a, b) => a - b);
      const late = delays.filter((delay) => delay > 1000).length;
      console.info(
        `${allowed} connections allowed, ${refused} refused; ${near} on one node, ${far} between nodes; ` +
          `in force when first asked in ${delays.filter((delay) => delay < 100).length} of ${delays.length} cases, ${late} took over 1 s`,
      );
      for (const count of [allowed, refused, near, far]) expect(count).toBeGreaterThan(40);
    });

    function judge(policies: NetworkPolicy[], from: Resident, to: Resident, protocol: "TCP" | "UDP", port: number) {
      const picture = { policies, namespaces: residents().namespaces };
      return isAllowed(picture, { from: from.pod, fromIp: from.ip, to: to.pod, toIp: to.ip, protocol, port });
    }

    /** Everybody asks everybody at every port, all at once. */
    async function matrix(
      ask: (from: Resident, to: Resident, protocol: "TCP" | "UDP", port: number) => Promise<boolean>,
    ): Promise<Map<string, boolean>> {
      const answers: Promise<[string, boolean]>[] = [];
      for (const from of residents().all) {
        for (const to of residents().all) {
          const distance = from === to ? "itself" : from.host === to.host ? "near" : "far";
          for (const { protocol, port } of openPorts) {
            const question = `${from.pod.metadata.name} ${distance} ${to.pod.metadata.name} ${protocol}/${port}`;
            answers.push(ask(from, to, protocol, port).then((answer) => [question, answer]));
          }
        }
      }
      return new Map(await Promise.all(answers));
    }

    /** As probes do, whatever the policies. */
    async function nodesReachTheirPods(): Promise<void> {
      const answers = residents().all.map(({ host, ip }) => residents().hosts.get(host)?.ask(ip, 80, "TCP", 2000));
      for (const answer of await Promise.all(answers)) expect(answer).toContain("saw");
    }
  });
}
