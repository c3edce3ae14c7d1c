import { describe, expect, it } from "vitest";
import {
  persistentVolumeSources,
  projectedSources,
  volumeSources,
} from "../../../../src/machinery/kinds/core/volume-sources.ts";
import { schemaOf } from "../../../../src/machinery/schema/load.ts";
import { faults, updateFaults } from "../support.ts";

const metadata = { name: "v" };
const fieldsOf = (type: string) => Object.keys(schemaOf(`k8s.io/api/core/v1.${type}`).properties ?? {});

describe("sources of volumes", () => {
  it.each([
    ["Volume", volumeSources],
    ["PersistentVolumeSpec", persistentVolumeSources],
    ["VolumeProjection", projectedSources],
  ])("are all those that %s has", (type, sources) => {
    const others = new Set(type === "PersistentVolumeSpec" ? notSources : ["name"]);
    expect([...sources].sort()).toEqual(
      fieldsOf(type)
        .filter((field) => !others.has(field))
        .sort(),
    );
  });

  it.each([
    ["as in Go", { hostPath: { path: "/a" }, gcePersistentDisk: { pdName: "d" } }],
    ["the other way round", { gcePersistentDisk: { pdName: "d" }, hostPath: { path: "/a" } }],
  ])("one too many is the same one, written %s", (_, sources) => {
    const spec = { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, ...sources };
    expect(faults("PersistentVolume", { metadata, spec })).toEqual([
      "spec.gcePersistentDisk: Forbidden: may not specify more than 1 volume type",
    ]);
    const containers = [{ name: "c", image: "i" }];
    expect(faults("Pod", { metadata, spec: { containers, volumes: [{ name: "v", ...sources }] } })).toEqual([
      "spec.volumes[0].gcePersistentDisk: Forbidden: may not specify more than 1 volume type",
    ]);
  });

  it("of a PersistentVolume stay as they are", () => {
    const spec = { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" }, hostPath: { path: "/a" } };
    const before = { metadata, spec };
    expect(updateFaults("PersistentVolume", { metadata, spec: { ...spec, mountOptions: ["ro"] } }, before)).toEqual([]);
    const moved = { metadata, spec: { ...spec, hostPath: { path: "/b" } } };
    expect(updateFaults("PersistentVolume", moved, before)).toEqual([
      "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation",
    ]);
  });
});

const notSources = [
  "accessModes",
  "capacity",
  "claimRef",
  "mountOptions",
  "nodeAffinity",
  "persistentVolumeReclaimPolicy",
  "storageClassName",
  "volumeAttributesClassName",
  "volumeMode",
];
