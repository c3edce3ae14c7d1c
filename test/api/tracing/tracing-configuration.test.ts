import { describe, expect, test } from "vitest";
import { parseTracingConfiguration } from "../../../src/api/tracing/tracing-configuration.ts";

const docs = "https://kubernetes.io/docs/reference/config-api/apiserver-config.v1/#TracingConfiguration";
const head = { apiVersion: "apiserver.config.k8s.io/v1", kind: "TracingConfiguration" };

describe(`TracingConfiguration (see ${docs})`, () => {
  test("says nothing: the collector is here, and only who asks is traced", () => {
    expect(parseTracingConfiguration(head)).toEqual({ endpoint: "localhost:4317", samplingRatePerMillion: 0 });
  });

  test.each(["v1", "v1beta1", "v1alpha1"])("%s is read", (version) => {
    const file = { ...head, apiVersion: `apiserver.config.k8s.io/${version}`, endpoint: "unix:///run/otel.sock" };
    const expected = { endpoint: "unix:///run/otel.sock", samplingRatePerMillion: 100 };
    expect(parseTracingConfiguration({ ...file, samplingRatePerMillion: 100 })).toEqual(expected);
  });

  test.each([
    [{ samplingRatePerMillion: -1 }, "samplingRatePerMillion: Invalid value: -1: sampling rate must be positive"],
    [
      { samplingRatePerMillion: 1_000_001 },
      "samplingRatePerMillion: Invalid value: 1000001: sampling rate per million must be less than or equal to one million",
    ],
    [{ endpoint: "https://collector" }, 'endpoint: Invalid value: "https://collector": unsupported scheme: https'],
    [{ sampling: 1 }, 'unknown field "sampling"'],
    [{ kind: "EgressSelectorConfiguration" }, "expected apiserver.config.k8s.io/v1 TracingConfiguration"],
  ])("%j is refused", (wrong, message) => {
    expect(() => parseTracingConfiguration({ ...head, ...wrong })).toThrow(message);
  });
});
