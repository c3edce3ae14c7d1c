/** The Kubernetes DNS specification, record by record. */
import { describe, expect, test } from "vitest";
import { ClusterZone, type ZoneAnswer } from "../../../src/agent/dns/cluster-zone.ts";
import { type ResourceRecord, recordType, responseCode } from "../../../src/agent/dns/records.ts";
import { ServiceDirectory } from "../../../src/agent/net/service-directory.ts";
import { serviceOf, sliceOf } from "../net/objects.ts";
import { exampleDirectory } from "./zone-fixture.ts";

const directory = exampleDirectory();
const zone = new ClusterZone({
  directory,
  domain: "cluster.local",
  address: "10.43.0.10",
  isClusterAddress: (address) => address.startsWith("10.43."),
});

const { A, AAAA, CNAME, NS, PTR, SOA, SRV, TXT } = recordType;

function value(record: ResourceRecord): string {
  if ("address" in record) return record.address;
  if (record.type === SRV) return `${record.priority} ${record.weight} ${record.port} ${record.target}`;
  if ("target" in record) return record.target;
  return record.type === TXT ? record.text : record.primary;
}

function ask(name: string, type: number): string | string[] {
  const answer = zone.resolve(name, type);
  if (!answer) return "not ours";
  if (answer.code === responseCode.NXDOMAIN) return "NXDOMAIN";
  expect(answer.code).toBe(responseCode.NOERROR);
  for (const record of answer.answers) expect(record.ttl).toBe(5);
  return answer.answers.map(value).sort();
}

const authorityOf = (answer: ZoneAnswer | undefined) => answer?.authority.map(({ type, name }) => [type, name]);

test.each<[string, number, string | string[]]>([
  // Services with a cluster IP
  ["web.default.svc.cluster.local", A, ["10.43.1.1"]],
  ["WEB.Default.svc.cluster.LOCAL", A, ["10.43.1.1"]],
  ["web.default.svc.cluster.local", AAAA, []],
  ["web.default.svc.cluster.local", TXT, []],
  ["dual.default.svc.cluster.local", AAAA, ["fd00::12"]],
  ["dual.default.svc.cluster.local", A, ["10.43.1.2"]],
  ["kubernetes.default.svc.cluster.local", A, ["10.43.0.1"]],
  ["nothing.default.svc.cluster.local", A, "NXDOMAIN"],
  ["web.other.svc.cluster.local", A, "NXDOMAIN"],
  ["_http._tcp.web.default.svc.cluster.local", SRV, ["0 100 80 web.default.svc.cluster.local"]],
  ["_http._tcp.web.default.svc.cluster.local", A, []],
  ["_http._udp.web.default.svc.cluster.local", SRV, "NXDOMAIN"],
  ["_ftp._tcp.web.default.svc.cluster.local", SRV, "NXDOMAIN"],
  ["_tcp.web.default.svc.cluster.local", SRV, []],
  ["web.default.svc.cluster.local", SRV, ["0 100 80 web.default.svc.cluster.local"]],
  ["10-42-0-2.web.default.svc.cluster.local", A, ["10.42.0.2"]],
  ["10-42-0-3.web.default.svc.cluster.local", A, "NXDOMAIN"],
  // Headless
  ["db.default.svc.cluster.local", A, ["10.42.0.10", "10.42.0.11", "10.42.0.13"]],
  ["db.default.svc.cluster.local", AAAA, []],
  ["db-0.db.default.svc.cluster.local", A, ["10.42.0.10"]],
  ["db-2.db.default.svc.cluster.local", A, "NXDOMAIN"],
  ["10-42-0-13.db.default.svc.cluster.local", A, ["10.42.0.13"]],
  [
    "_sql._tcp.db.default.svc.cluster.local",
    SRV,
    [
      "0 33 5432 10-42-0-13.db.default.svc.cluster.local",
      "0 33 5432 db-0.db.default.svc.cluster.local",
      "0 33 5432 db-1.db.default.svc.cluster.local",
    ],
  ],
  ["empty.default.svc.cluster.local", A, "NXDOMAIN"],
  // Names of others
  ["outside.default.svc.cluster.local", CNAME, ["db.example.org"]],
  ["outside.default.svc.cluster.local", A, ["db.example.org"]],
  ["x.outside.default.svc.cluster.local", A, "NXDOMAIN"],
  // Pods
  ["10-42-0-9.default.pod.cluster.local", A, ["10.42.0.9"]],
  ["10-42-0-9.default.pod.cluster.local", AAAA, []],
  ["fd00--9.default.pod.cluster.local", AAAA, ["fd00::9"]],
  ["10-42-0-999.default.pod.cluster.local", A, "NXDOMAIN"],
  // Reverse
  ["1.1.43.10.in-addr.arpa", PTR, ["web.default.svc.cluster.local"]],
  ["10.0.42.10.in-addr.arpa", PTR, ["db-0.db.default.svc.cluster.local"]],
  ["13.0.42.10.in-addr.arpa", PTR, ["10-42-0-13.db.default.svc.cluster.local"]],
  ["99.99.43.10.in-addr.arpa", PTR, "NXDOMAIN"],
  ["1.1.168.192.in-addr.arpa", PTR, "not ours"],
  ["43.10.in-addr.arpa", PTR, "not ours"],
  ["2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", PTR, ["dual.default.svc.cluster.local"]],
  // The zone itself
  ["cluster.local", SOA, ["ns.dns.cluster.local"]],
  ["cluster.local", NS, ["ns.dns.cluster.local"]],
  ["cluster.local", A, []],
  ["ns.dns.cluster.local", A, ["10.43.0.10"]],
  ["dns-version.cluster.local", TXT, ["1.1.0"]],
  ["svc.cluster.local", A, []],
  ["default.svc.cluster.local", A, []],
  ["other.svc.cluster.local", A, "NXDOMAIN"],
  ["example.com.default.svc.cluster.local", A, "NXDOMAIN"],
  ["example.com.cluster.local", A, "NXDOMAIN"],
  // Not ours
  ["example.com", A, "not ours"],
  ["notcluster.local", A, "not ours"],
])("%s, type %i: %s", (name, type, expected) => {
  expect(ask(name, type)).toEqual(expected);
});

describe("absence", () => {
  test("has the zone's SOA, for a missing name as for a missing record; a found record has none", () => {
    expect(authorityOf(zone.resolve("nothing.default.svc.cluster.local", A))).toEqual([[SOA, "cluster.local"]]);
    expect(authorityOf(zone.resolve("web.default.svc.cluster.local", AAAA))).toEqual([[SOA, "cluster.local"]]);
    expect(authorityOf(zone.resolve("web.default.svc.cluster.local", A))).toEqual([]);
  });

  test("is not told before everything is known", () => {
    const early = new ServiceDirectory();
    const unready = new ClusterZone({
      directory: early,
      domain: "cluster.local",
      address: "10.43.0.10",
      isClusterAddress: () => false,
    });
    expect(unready.resolve("web.default.svc.cluster.local", A)?.code).toBe(responseCode.SERVFAIL);
    early.synced();
    expect(unready.resolve("web.default.svc.cluster.local", A)?.code).toBe(responseCode.NXDOMAIN);
  });
});

test("the hosts of SRV records come along", () => {
  const answer = zone.resolve("_sql._tcp.db.default.svc.cluster.local", SRV);
  expect(answer?.additional.map((record) => `${record.name} ${value(record)}`).sort()).toEqual([
    "10-42-0-13.db.default.svc.cluster.local 10.42.0.13",
    "db-0.db.default.svc.cluster.local 10.42.0.10",
    "db-1.db.default.svc.cluster.local 10.42.0.11",
  ]);
});

test("records follow the directory at once, reverse ones too", () => {
  directory.set("services", serviceOf("late", { clusterIP: "None" }));
  expect(ask("late.default.svc.cluster.local", A)).toBe("NXDOMAIN");
  directory.set("endpointslices", sliceOf("late", ["10.42.0.77"]));
  expect(ask("late.default.svc.cluster.local", A)).toEqual(["10.42.0.77"]);
  expect(ask("77.0.42.10.in-addr.arpa", PTR)).toEqual(["10-42-0-77.late.default.svc.cluster.local"]);
  directory.remove("endpointslices", { namespace: "default", name: "late-1" });
  expect(ask("late.default.svc.cluster.local", A)).toBe("NXDOMAIN");
  directory.remove("services", { namespace: "default", name: "late" });
  expect(ask("77.0.42.10.in-addr.arpa", PTR)).toBe("not ours");
});
