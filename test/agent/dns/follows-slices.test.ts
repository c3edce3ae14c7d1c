/** Records are read straight out of what the server told last: there is no copy that could be behind, and nothing to wait for. */
import { expect, test } from "vitest";
import type { Change } from "../../../proto/wire/messages.ts";
import { ClusterZone } from "../../../src/agent/dns/cluster-zone.ts";
import { recordType, responseCode } from "../../../src/agent/dns/records.ts";
import { DesiredMirror } from "../../../src/agent/link/desired-mirror.ts";
import { directoryKinds, ServiceDirectory } from "../../../src/agent/net/service-directory.ts";
import { type KubeObject, keyOf } from "../../../src/machinery/meta/object.ts";
import { type EndpointFacts, serviceOf, sliceOf } from "../net/objects.ts";

const changeOf = (kind: string, object: KubeObject): Change => ({
  kind,
  key: keyOf(object),
  version: object.metadata.resourceVersion ?? "",
  json: Buffer.from(JSON.stringify(object)),
});

test("a batch that has arrived is in the records in the same turn, A, SRV and PTR alike", async () => {
  const mirror = new DesiredMirror({ changed: () => undefined });
  const directory = new ServiceDirectory();
  mirror.subscribe(directory, directoryKinds);
  const isClusterAddress = (address: string) => address.startsWith("10.4");
  const zone = new ClusterZone({ directory, domain: "cluster.local", address: "10.43.0.10", isClusterAddress });
  const tell = (...changes: Change[]): void =>
    mirror.apply({ sequence: 0, reset: false, changes, synced: true }, directoryKinds);
  const slice = (...endpoints: EndpointFacts[]): Change => changeOf("endpointslices", sliceOf("db", endpoints));
  const count = (name: string, type: number): number | "NXDOMAIN" => {
    const answer = zone.resolve(name, type);
    return answer?.code === responseCode.NOERROR ? answer.answers.length : "NXDOMAIN";
  };
  const records = () => [
    count("db.default.svc.cluster.local", recordType.A),
    count("_http._tcp.db.default.svc.cluster.local", recordType.SRV),
    count("db-1.db.default.svc.cluster.local", recordType.A),
    count("8.0.42.10.in-addr.arpa", recordType.PTR),
  ];
  const [first, second] = [
    { ip: "10.42.0.7", hostname: "db-0" },
    { ip: "10.42.0.8", hostname: "db-1" },
  ];

  tell(changeOf("services", serviceOf("db", { clusterIP: "None" })), slice(first));
  // From here on no turn of the loop passes.
  expect(records()).toEqual([1, 1, "NXDOMAIN", "NXDOMAIN"]);
  tell(slice(first, second));
  expect(records()).toEqual([2, 2, 1, 1]);
  tell(slice(first, { ...second, ready: false }));
  expect(records()[0]).toBe(1);
  tell(slice(first));
  expect(records()).toEqual([1, 1, "NXDOMAIN", "NXDOMAIN"]);
  tell({ kind: "endpointslices", key: "default/db-1", version: "", json: Buffer.alloc(0) });
  expect(records()).toEqual(["NXDOMAIN", "NXDOMAIN", "NXDOMAIN", "NXDOMAIN"]);
  await mirror.close();
});
