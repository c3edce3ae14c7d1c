import { describe, expect, it } from "vitest";
import { builtinDefinitions } from "../../../src/machinery/kinds/index.ts";
import { knownResources } from "../../../src/machinery/schema/load.ts";

const definitions = builtinDefinitions();

function find(group: string, plural: string) {
  const definition = definitions.find((each) => each.group === group && each.names.plural === plural);
  if (definition === undefined) throw new Error(`no ${plural}.${group}`);
  return definition;
}

describe("built-in definitions", () => {
  it("has every kind of the table, but for what others serve", () => {
    const notHere = new Set(["Eviction"]);
    const wanted = knownResources()
      .filter((resource) => !notHere.has(resource.kind))
      .map((resource) => `${resource.type.replace(/.*\//, "")} ${resource.namespaced ? "Namespaced" : "Cluster"}`)
      // Served by its old path only, so that the table has it as a subresource of pods.
      .concat("v1.Binding Namespaced")
      .sort();
    const had = definitions
      .flatMap((each) => each.versions.map((version) => `${version.name}.${each.names.kind} ${each.scope}`))
      .sort();
    expect(had).toEqual(wanted);
  });

  it("gives every version a schema of its kind", () => {
    for (const definition of definitions) {
      for (const version of definition.versions) {
        expect(version.schema().goName).toMatch(new RegExp(`/${version.name}\\.${definition.names.kind}$`));
      }
    }
  });

  it("has no name twice in a group", () => {
    const names = definitions.map((each) => `${each.names.plural}.${each.group}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it("shares one storage between the two views of events alone", () => {
    const prefixes = definitions.map((each) => each.storagePrefix);
    const twice = definitions.filter(
      (each) => prefixes.indexOf(each.storagePrefix) !== prefixes.lastIndexOf(each.storagePrefix),
    );
    expect(twice.map((each) => `${each.group}/${each.names.plural}`)).toEqual(["/events", "events.k8s.io/events"]);
    expect(find("events.k8s.io", "events").storageGroup).toBe("");
  });

  it("serves a status subresource where the schema has a status that the main resource cannot write", () => {
    const withStatus = definitions.filter((each) => each.subresources.status).map((each) => each.names.plural);
    expect(withStatus.sort()).toEqual([
      "apiservices",
      "certificatesigningrequests",
      "cronjobs",
      "customresourcedefinitions",
      "daemonsets",
      "deployments",
      "flowschemas",
      "horizontalpodautoscalers",
      "ingresses",
      "jobs",
      "namespaces",
      "nodes",
      "persistentvolumeclaims",
      "persistentvolumes",
      "poddisruptionbudgets",
      "pods",
      "prioritylevelconfigurations",
      "replicasets",
      "replicationcontrollers",
      "resourceclaims",
      "resourcequotas",
      "servicecidrs",
      "services",
      "statefulsets",
      "validatingadmissionpolicies",
      "volumeattachments",
    ]);
  });

  it("gives as many cells as columns for an object that says nothing", () => {
    for (const definition of definitions) {
      const kind = definition.names.kind;
      const spec = {
        containers: [],
        source: {},
        pool: {},
        scaleTargetRef: {},
        template: {},
        jobTemplate: {},
        priorityLevelConfiguration: {},
      };
      const object = {
        kind,
        metadata: { name: "x" },
        spec,
        involvedObject: {},
        regarding: {},
        roleRef: {},
      };
      expect(definition.cells(object, 0), kind).toHaveLength(definition.columns.length);
    }
  });

  it("reads selectable fields with Go's zero values where they are absent", () => {
    const pod = { metadata: { name: "a" }, spec: { nodeName: "n1" }, status: { phase: "Running" } };
    const fields = find("", "pods").selectableFields ?? {};
    expect(Object.fromEntries(Object.entries(fields).map(([name, read]) => [name, read(pod)]))).toEqual({
      "spec.nodeName": "n1",
      "spec.host": "n1",
      "spec.restartPolicy": "",
      "spec.schedulerName": "",
      "spec.serviceAccountName": "",
      "spec.hostNetwork": "false",
      "status.phase": "Running",
      "status.podIP": "",
      "status.podIPs": "",
      "status.nominatedNodeName": "",
    });
    expect(find("", "nodes").selectableFields?.["spec.unschedulable"]?.({ metadata: {} })).toBe("false");
  });
});
