import { describe, expect, it } from "vitest";
import { convertAutoscaler } from "../../../../src/machinery/kinds/autoscaling/convert.ts";
import type { UnstructuredObject } from "../../../../src/machinery/meta/object.ts";

const sources = ["resource", "containerResource", "pods", "object", "external"];
const prefix = "autoscaling.alpha.kubernetes.io";

function v2(fields: object): UnstructuredObject {
  return { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", metadata: { name: "h" }, ...fields };
}

function v1(annotations: Record<string, string>): UnstructuredObject {
  const metadata = { name: "h", annotations };
  return { apiVersion: "autoscaling/v1", kind: "HorizontalPodAutoscaler", metadata, spec: { maxReplicas: 3 } };
}

describe("a HorizontalPodAutoscaler between its versions", () => {
  it.each(sources)("bears an empty %s source in spec and status", (source) => {
    const half = [{ [source]: {} }];
    const older = convertAutoscaler(
      v2({ spec: { maxReplicas: 3, metrics: half }, status: { currentMetrics: half } }),
      "v1",
    );
    const newer = convertAutoscaler(older, "v2");
    expect(newer.spec).toMatchObject({ metrics: [{ [source]: { target: {} } }] });
    expect(newer.status).toMatchObject({ currentMetrics: [{ [source]: { current: {} } }] });
  });

  it("writes what is required as empty, as Go does", () => {
    const older = convertAutoscaler(v2({ spec: { maxReplicas: 3, metrics: [{ object: {} }, { pods: {} }] } }), "v1");
    expect(JSON.parse(older.metadata.annotations?.[`${prefix}/metrics`] ?? "")).toEqual([
      { object: { target: { kind: "", name: "" }, metricName: "", targetValue: "0" } },
      { pods: { metricName: "", targetAverageValue: "0" } },
    ]);
  });

  it("takes a cpu metric without a target for none with a utilization", () => {
    const metric = { type: "Resource", resource: { name: "cpu" } };
    const older = convertAutoscaler(
      v2({ spec: { maxReplicas: 3, metrics: [metric] }, status: { currentMetrics: [metric] } }),
      "v1",
    );
    expect(older.spec).not.toHaveProperty("targetCPUUtilizationPercentage");
    expect(older.status).not.toHaveProperty("currentCPUUtilizationPercentage");
  });

  it.each(["null", "5", "{}", "[5]", '[{"resource":7}]', '{"scaleUp":[]}', "no JSON"])(
    "passes over annotations that say %s",
    (text) => {
      const keys = ["metrics", "current-metrics", "conditions", "behavior"];
      const annotations = Object.fromEntries(keys.map((key) => [`${prefix}/${key}`, text]));
      const newer = convertAutoscaler(v1(annotations), "v2");
      expect(newer.metadata.annotations).toBeUndefined();
      expect(newer.spec).toMatchObject({ metrics: [{ type: "Resource", resource: { name: "cpu" } }] });
      expect(newer.status).not.toHaveProperty("currentMetrics");
    },
  );
});
