import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBody, type FieldValidation } from "../../../src/machinery/schema/decode-body.ts";
import { schemaOf } from "../../../src/machinery/schema/load.ts";
import { StatusError } from "../../../src/machinery/status/error.ts";

const kinds = {
  Pod: { group: "", version: "v1", kind: "Pod", schema: schemaOf("k8s.io/api/core/v1.Pod") },
  Deployment: { group: "apps", version: "v1", kind: "Deployment", schema: schemaOf("k8s.io/api/apps/v1.Deployment") },
  Secret: { group: "", version: "v1", kind: "Secret", schema: schemaOf("k8s.io/api/core/v1.Secret") },
  Lease: {
    group: "coordination.k8s.io",
    version: "v1",
    kind: "Lease",
    schema: schemaOf("k8s.io/api/coordination/v1.Lease"),
  },
  Service: { group: "", version: "v1", kind: "Service", schema: schemaOf("k8s.io/api/core/v1.Service") },
};

function decode(kind: keyof typeof kinds, body: unknown, validation: FieldValidation = "Strict") {
  return decodeBody(Buffer.from(typeof body === "string" ? body : JSON.stringify(body)), kinds[kind], validation);
}

function refusal(kind: keyof typeof kinds, body: unknown, validation: FieldValidation = "Strict"): string {
  try {
    decode(kind, body, validation);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    expect(error.code).toBe(400);
    expect(error.reason).toBe("BadRequest");
    return error.message;
  }
  throw new Error("was accepted");
}

describe("decodeBody", () => {
  it("finds a field given twice also where apiVersion and kind are not given at all", () => {
    const twice = '{"metadata":{"name":"a","name":"b"}}';
    expect(decode("Secret", twice, "Warn").warnings).toEqual(['duplicate field "metadata.name"']);
    const thrice = '{"kind":"Secret","data":{"a":"","a":"","a":""}}';
    expect(decode("Secret", thrice, "Warn").warnings).toEqual(['duplicate field "data.a"']);
    expect(decode("Secret", '{"metadata":{"name":"a"}}', "Warn").warnings).toEqual([]);
  });

  it("gives what it was given where nothing is to be done, kind and apiVersion added", () => {
    const spec = { containers: [{ name: "a", image: "b", resources: { limits: { cpu: "1" } } }] };
    expect(decode("Pod", { metadata: { name: "x" }, spec }).object).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "x" },
      spec,
    });
  });

  it.each([
    [
      { spec: { replicas: "3" } },
      "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      { spec: { replicas: 1.5 } },
      "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [
      { spec: { replicas: 3000000000 } },
      "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32",
    ],
    [{ spec: [] }, "json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec"],
    [
      { metadata: { labels: { a: 1 } } },
      "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
    ],
    [
      { metadata: { labels: "x" } },
      "json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string",
    ],
    [
      { spec: { template: { spec: { containers: [{ ports: [{ containerPort: "80" }] }] } } } },
      "json: cannot unmarshal string into Go struct field ContainerPort.spec.template.spec.containers.ports.containerPort of type int32",
    ],
    [
      { spec: { template: { spec: { containers: {} } } } },
      "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
    ],
    [
      { spec: { template: { spec: { containers: ["a"] } } } },
      "json: cannot unmarshal string into Go struct field PodSpec.spec.template.spec.containers of type v1.Container",
    ],
    [
      { spec: { template: { spec: { restartPolicy: 1 } } } },
      "json: cannot unmarshal number into Go struct field PodSpec.spec.template.spec.restartPolicy of type v1.RestartPolicy",
    ],
    [
      { spec: { paused: "yes" } },
      "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.paused of type bool",
    ],
    [
      { spec: { template: { spec: { containers: [{ resources: { limits: { cpu: "x" } } }] } } } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      { metadata: { creationTimestamp: "yesterday" } },
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
    [
      { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
      "json: cannot unmarshal bool into Go value of type int32",
    ],
  ])("refuses %j", (body, why) => {
    expect(refusal("Deployment", body)).toBe(`Deployment in version "v1" cannot be handled as a Deployment: ${why}`);
    expect(refusal("Deployment", body, "Ignore")).toContain(why);
  });

  it("tells unknown fields", () => {
    const body = { spec: { foo: 1, template: { spec: { containers: [{ name: "a", imagee: "x" }] } } }, bar: {} };
    const message =
      'unknown field "spec.foo", unknown field "spec.template.spec.containers[0].imagee", unknown field "bar"';
    expect(refusal("Deployment", body)).toBe(
      `Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: ${message}`,
    );
    const warned = decode("Deployment", body, "Warn");
    expect(warned.warnings.join(", ")).toBe(message);
    expect(warned.object.spec).toEqual({ template: { spec: { containers: [{ name: "a" }] } } });
    expect(decode("Deployment", body, "Ignore").warnings).toEqual([]);
  });

  it("tells fields that stand twice", () => {
    const body =
      '{"spec":{"replicas":1,"replicas":2,"template":{"spec":{"containers":[{"name":"a","name":"b"}]}}},"x":{"a":1,"a":2}}';
    expect(decode("Deployment", body, "Warn").warnings).toEqual([
      'unknown field "x"',
      'duplicate field "spec.replicas"',
      'duplicate field "spec.template.spec.containers[0].name"',
    ]);
    expect(refusal("Deployment", '{"metadata":{"labels":{"a":"1","\\u0061":"2"}}}')).toContain(
      'strict decoding error: duplicate field "metadata.labels.a"',
    );
    expect(decode("Deployment", '{"metadata":{"annotations":{"a":"{\\"b\\":1}:,:","c":"\\\\"}}}').warnings).toEqual([]);
  });

  it("treats null as Go does", () => {
    const { object } = decode("Pod", {
      metadata: { name: "x", labels: null, annotations: { a: null } },
      spec: { containers: [null, { args: ["a", null] }], nodeName: null, securityContext: null },
    });
    expect(object).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "x", annotations: { a: "" } },
      spec: { containers: [{}, { args: ["a", ""] }] },
    });
  });

  it("leaves out zeros that Go would not write and keeps those behind pointers", () => {
    const { object } = decode("Pod", {
      metadata: { labels: {}, finalizers: [] },
      spec: { hostNetwork: false, nodeName: "", terminationGracePeriodSeconds: 0, enableServiceLinks: false },
    });
    expect(object).toMatchObject({ metadata: {} });
    expect(object.metadata).toEqual({});
    expect(object.spec).toEqual({ terminationGracePeriodSeconds: 0, enableServiceLinks: false });
  });

  it("puts quantities, times and bytes into their canonical form", () => {
    const limits = { cpu: 0.5, memory: "1024Mi", "x.io/y": 2 };
    const pod = decode("Pod", {
      metadata: { creationTimestamp: "2026-01-02T03:04:05.6+01:00" },
      spec: { containers: [{ resources: { limits } }] },
    }).object;
    expect(pod.metadata.creationTimestamp).toBe("2026-01-02T02:04:05Z");
    expect(pod.spec).toEqual({
      containers: [{ resources: { limits: { cpu: "500m", memory: "1Gi", "x.io/y": "2" } } }],
    });
    expect(decode("Lease", { spec: { renewTime: "2026-01-02T03:04:05.123Z" } }).object.spec).toEqual({
      renewTime: "2026-01-02T03:04:05.123000Z",
    });
    expect(decode("Secret", { data: { a: "aGk=" } }).object.data).toEqual({ a: "aGk=" });
    expect(refusal("Secret", { data: { a: "a*b" } })).toContain("illegal base64 data at input byte 1");
    expect(decode("Service", { spec: { ports: [{ port: 80, targetPort: "http" }] } }).object.spec).toEqual({
      ports: [{ port: 80, targetPort: "http" }],
    });
  });

  it.each([
    ["", "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"],
    ['{"a":', 'json parse error: unexpected end of JSON input ({"a":)'],
    ["{'a':1}", "json parse error: invalid character '\\'' looking for beginning of object key string ({'a':1})"],
    ["abc", "json parse error: invalid character 'a' looking for beginning of value (616263)"],
    ['{"a":1]', "invalid character ']' after object key:value pair"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ["[1 2]", "invalid character '2' after array element"],
    ["{} x", "invalid character 'x' after top-level value"],
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['{"a":"\\q"}', "invalid character 'q' in string escape code"],
    ['{"a":"\u0001"}', "invalid character '\\u0001' in string literal"],
    ['{"a":-}', "invalid character '}' in numeric literal"],
    ["[]", "json: cannot unmarshal array into Go value of type struct"],
  ])("refuses the text %s", (body, why) => {
    expect(refusal("Pod", body)).toContain(why);
  });

  it("refuses what nests too deep", () => {
    const deep = 100_000;
    const lists = `{"x":${"[".repeat(deep)}${"]".repeat(deep)}}`;
    const objects = `${'{"a":'.repeat(deep)}1${"}".repeat(deep)}`;
    const broken = "[".repeat(deep);
    for (const validation of ["Ignore", "Warn", "Strict"] as const) {
      for (const body of [lists, objects, broken]) {
        expect(refusal("Pod", body, validation).includes("exceeded max depth")).toBe(true);
      }
    }
  });

  it("refuses another kind or version", () => {
    expect(refusal("Pod", { apiVersion: "v2", kind: "Pod" })).toBe(
      "the API version in the data (v2) does not match the expected API version (v1)",
    );
    expect(refusal("Pod", { apiVersion: "v1", kind: "Foo" })).toContain('no kind "Foo" is registered for version "v1"');
    expect(refusal("Pod", { apiVersion: "v1", kind: "Service" })).toContain(
      'Service in version "v1" cannot be handled as a Pod: converting (v1.Service) to (core.Pod): unknown conversion',
    );
    expect(refusal("Pod", { kind: 5 })).toContain("cannot unmarshal number");
  });

  it("is not deceived by keys of the prototype", () => {
    const body =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{}},"metadata":{"annotations":{"__proto__":"x"}}}';
    const { object, warnings } = decode("Pod", body, "Warn");
    expect(warnings).toEqual(['unknown field "__proto__"', 'unknown field "constructor"']);
    expect(Object.hasOwn(object, "constructor")).toBe(false);
    expect(Object.keys(object.metadata.annotations ?? {})).toEqual(["__proto__"]);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(refusal("Pod", '{"metadata":{"labels":{"__proto__":1}}}')).toContain("cannot unmarshal number");
  });

  it("never throws anything but a 400, whatever the body", () => {
    const template = ["apiVersion", "kind", "metadata", "spec", "labels", "containers", "resources", "limits", "x"];
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom<unknown>(null, true, 0, -1.5, 2 ** 40, "", "v1", "Pod", "1Gi"),
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...template), tie("node"), { maxKeys: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, fc.constantFrom<FieldValidation>("Ignore", "Warn", "Strict"), (value, validation) => {
        try {
          const first = decode("Pod", value, validation).object;
          // What came out is clean: a second decode changes nothing.
          const again = decode("Pod", structuredClone(first), "Strict").object;
          expect(again).toEqual(first);
        } catch (error) {
          if (!(error instanceof StatusError)) throw error;
          expect(error.code).toBe(400);
        }
      }),
      { numRuns: 500 },
    );
  });
});
