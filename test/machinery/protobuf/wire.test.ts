/** Bytes derived by hand from https://protobuf.dev/programming-guides/encoding/ and the generated.proto of each group. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeObject, encodeObject, encodeWatchEvent } from "../../../src/machinery/protobuf/envelope.ts";
import { ProtobufError } from "../../../src/machinery/protobuf/reader.ts";

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s+/g, ""), "hex");
const text = (value: string): string => Buffer.from(value).toString("hex");

/** ObjectMeta with a name alone: every string that is no pointer is there, and an empty creationTimestamp. */
const metaNamedA = `0a01${text("a")} 1200 1a00 2200 2a00 3200 3800 4200`;

function enveloped(apiVersion: string, kind: string, raw: string): Buffer {
  const sized = (body: string): string => {
    const bytes = hex(body);
    const { length } = bytes;
    return (
      (length < 128 ? Buffer.of(length) : Buffer.of((length & 0x7f) | 0x80, length >> 7)).toString("hex") +
      bytes.toString("hex")
    );
  };
  const type = sized(`0a${sized(text(apiVersion))}12${sized(text(kind))}`);
  return hex(`6b387300 0a${type} 12${sized(raw)} 1a00 2200`);
}

describe("bytes", () => {
  it("of a ConfigMap: maps by key, bytes, a pointer to false", () => {
    const object = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a" },
      data: { b: "2", a: "" },
      binaryData: { k: "/w==" },
      immutable: false,
    };
    const raw = `0a11${metaNamedA} 1205 0a01${text("a")}1200 1206 0a01${text("b")}1201${text("2")} 1a06 0a01${text("k")}1201ff 2000`;
    expect(encodeObject(object).toString("hex")).toBe(enveloped("v1", "ConfigMap", raw).toString("hex"));
    expect(decodeObject(enveloped("v1", "ConfigMap", raw))).toMatchObject({
      data: { a: "", b: "2" },
      binaryData: { k: "/w==" },
      immutable: false,
    });
  });

  it("of a Lease: a MicroTime, int32 pointers, a negative number in ten bytes", () => {
    const object = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: "a" },
      spec: { holderIdentity: "h", leaseDurationSeconds: -1, renewTime: "1970-01-01T00:00:01.000002Z" },
    };
    const spec = `0a01${text("h")} 10ffffffffffffffffff01 2205 0801 10d00f`;
    const raw = `0a11${metaNamedA} 1215 ${spec}`;
    expect(encodeObject(object).toString("hex")).toBe(
      enveloped("coordination.k8s.io/v1", "Lease", raw).toString("hex"),
    );
    expect(decodeObject(enveloped("coordination.k8s.io/v1", "Lease", raw))).toMatchObject({ spec: object.spec });
  });

  it("of DeleteOptions: nothing but what is set", () => {
    const object = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      gracePeriodSeconds: 0,
      propagationPolicy: "Orphan",
      dryRun: ["All"],
    };
    const raw = `0800 2206${text("Orphan")} 2a03${text("All")}`;
    expect(encodeObject(object).toString("hex")).toBe(enveloped("v1", "DeleteOptions", raw).toString("hex"));
    expect(decodeObject(enveloped("v1", "DeleteOptions", raw))).toEqual(object);
  });

  it("of a NetworkPolicy port, by number and by name", () => {
    const policy = (port: unknown) =>
      encodeObject({
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "a" },
        spec: { podSelector: {}, ingress: [{ ports: [{ port }] }] },
      } as object).toString("hex");
    // IntOrString {type, intVal, strVal}, all three, as the second field of a port
    expect(policy(80)).toContain(hex("1206 0800 1050 1a00").toString("hex"));
    expect(policy("http")).toContain(hex(`120a 0801 1000 1a04${text("http")}`).toString("hex"));
  });

  it("of a SubjectAccessReview's extra: a named list is a message", () => {
    const object = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user: "u", extra: { k: ["x", ""] } },
    };
    const bytes = encodeObject(object).toString("hex");
    expect(bytes).toContain(hex(`2a0a 0a01${text("k")} 1205 0a01${text("x")}0a00`).toString("hex"));
    expect(decodeObject(hex(bytes))).toMatchObject({ spec: { extra: { k: ["x", ""] } } });
  });

  it("of a watch event: a length, then the object in its envelope, in a RawExtension", () => {
    const object = { apiVersion: "v1", kind: "DeleteOptions" };
    const inner = encodeObject(object).toString("hex");
    const size = Buffer.of(inner.length / 2).toString("hex");
    const raw = Buffer.of(inner.length / 2 + 2).toString("hex");
    const event = `0a05${text("ADDED")} 12${raw} 0a${size}${inner}`;
    const length = hex(event).length;
    expect(encodeWatchEvent("ADDED", object).toString("hex")).toBe(
      Buffer.concat([Buffer.of(0, 0, 0, length), hex(event)]).toString("hex"),
    );
  });
});

describe("reading", () => {
  it("takes packed numbers, unknown fields and messages in two parts", () => {
    const raw = "9a0601ff 12 04 8201 01 05 12 05 8201 02 01 02".replace(/\s/g, "");
    expect(decodeObject(enveloped("v1", "Pod", `${raw}`))).toMatchObject({ kind: "Pod" });
    // PodSpec.securityContext = 14: supplementalGroups = 4, in two messages, packed and not
    const parts = "1205 7203 220105 1206 7204 2206 2007".replace(/\s/g, "");
    expect(() => decodeObject(enveloped("v1", "Pod", parts))).toThrow(ProtobufError);
    const whole = "1205 7203 220105 1204 7202 2007";
    expect(decodeObject(enveloped("v1", "Pod", whole))).toMatchObject({
      spec: { securityContext: { supplementalGroups: [5, 7] } },
    });
  });

  it("refuses a field of another wire type in Go's words", () => {
    expect(() => decodeObject(enveloped("v1", "ConfigMap", "0801"))).toThrow("wrong wireType = 0 for field Metadata");
  });

  it("refuses what nests without end", () => {
    let schema = "";
    for (let i = 0; i < 300; i++) {
      const length = schema.length / 2;
      // JSONSchemaProps.not = 28
      schema = `e201${length < 128 ? length.toString(16).padStart(2, "0") : Buffer.of((length & 0x7f) | 0x80, length >> 7).toString("hex")}${schema}`;
    }
    const nested = (tag: string, body: string): string => {
      const length = body.length / 2;
      return `${tag}${(length < 128 ? Buffer.of(length) : Buffer.of((length & 0x7f) | 0x80, length >> 7)).toString("hex")}${body}`;
    };
    // spec = 2, versions = 7, schema = 4, openAPIV3Schema = 1
    const raw = nested("12", nested("3a", nested("22", nested("0a", schema))));
    const body = enveloped("apiextensions.k8s.io/v1", "CustomResourceDefinition", raw);
    expect(() => decodeObject(body)).toThrow("exceeded max depth");
  });

  it("never fails otherwise than with a ProtobufError, whatever the bytes", () => {
    const pod = encodeObject({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "a", labels: { a: "b" }, creationTimestamp: "2024-01-01T00:00:00Z" },
      spec: {
        containers: [{ name: "c", image: "i", resources: { limits: { cpu: "1" } }, ports: [{ containerPort: 1 }] }],
      },
    } as object);
    const attempt = (bytes: Buffer): void => {
      try {
        decodeObject(bytes);
      } catch (error) {
        if (!(error instanceof ProtobufError)) throw error;
      }
    };
    for (let end = 0; end < pod.length; end++) attempt(pod.subarray(0, end));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: pod.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const bytes = Buffer.from(pod);
          for (const [at, byte] of changes) bytes[at] = byte;
          attempt(bytes);
        },
      ),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        attempt(enveloped("v1", "Pod", Buffer.from(bytes).toString("hex")));
        attempt(Buffer.concat([Buffer.from("k8s\0"), bytes]));
      }),
      { numRuns: 5000 },
    );
  });
});
