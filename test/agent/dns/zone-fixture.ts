import { ServiceDirectory } from "../../../src/agent/net/service-directory.ts";
import { serviceOf, sliceOf } from "../net/objects.ts";

/** A cluster with one Service of each sort. */
export function exampleDirectory(): ServiceDirectory {
  const directory = new ServiceDirectory();
  directory.set("services", serviceOf("kubernetes", { clusterIP: "10.43.0.1", ports: [{ name: "https", port: 443 }] }));
  directory.set("services", serviceOf("web"));
  directory.set("endpointslices", sliceOf("web", ["10.42.0.2", { ip: "10.42.0.3", ready: false }]));
  directory.set("services", serviceOf("dual", { clusterIP: "10.43.1.2", clusterIPs: ["10.43.1.2", "fd00::12"] }));
  const headless = { clusterIP: "None", ports: [{ name: "sql", port: 5432, protocol: "TCP" }] };
  directory.set("services", serviceOf("db", headless));
  directory.set(
    "endpointslices",
    sliceOf(
      "db",
      [
        { ip: "10.42.0.10", hostname: "db-0" },
        { ip: "10.42.0.11", hostname: "db-1" },
        { ip: "10.42.0.12", ready: false },
        "10.42.0.13",
      ],
      [{ name: "sql", port: 5432, protocol: "TCP" }],
    ),
  );
  directory.set("services", serviceOf("empty", headless));
  directory.set(
    "services",
    serviceOf("outside", { type: "ExternalName", clusterIP: "", externalName: "db.example.org." }),
  );
  directory.set(
    "services",
    serviceOf("alias", { type: "ExternalName", clusterIP: "", externalName: "web.default.svc.cluster.local" }),
  );
  directory.synced();
  return directory;
}
