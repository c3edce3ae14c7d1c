import { describe, expect, it } from "vitest";
import { isSchedule } from "../../../../src/machinery/kinds/batch/schedule.ts";
import { defaulted, definitionOf, faults, row, texts, updateFaults } from "../support.ts";

const template = { spec: { restartPolicy: "Never", containers: [{ name: "work", image: "work:1" }] } };
const job = (spec: object, uid = "u-1") => ({ metadata: { name: "pi", uid }, spec: { template, ...spec } });

/** As the pipeline makes one: defaults, then what a create sets. */
function created(value: object) {
  const object = defaulted("Job", value);
  definitionOf("Job").strategy.prepareForCreate?.(object);
  return object;
}

describe("a Job", () => {
  it("has the defaults that a real cluster shows, and selects its pods by its uid", () => {
    const labels = {
      "batch.kubernetes.io/controller-uid": "u-1",
      "batch.kubernetes.io/job-name": "pi",
      "controller-uid": "u-1",
      "job-name": "pi",
    };
    expect(created(job({}))).toMatchObject({
      spec: {
        backoffLimit: 6,
        completionMode: "NonIndexed",
        completions: 1,
        manualSelector: false,
        parallelism: 1,
        podReplacementPolicy: "TerminatingOrFailed",
        selector: { matchLabels: { "batch.kubernetes.io/controller-uid": "u-1" } },
        suspend: false,
        template: { metadata: { labels } },
      },
      status: {},
    });
    expect(texts(definitionOf("Job").strategy.validate?.(created(job({}))))).toEqual([]);
  });

  it("is checked", () => {
    const always = { template: { spec: { containers: template.spec.containers } } };
    expect(texts(definitionOf("Job").strategy.validate?.(created(job({ parallelism: -1, ...always }))))).toEqual([
      "spec.parallelism: Invalid value: -1: must be greater than or equal to 0",
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ]);
    expect(faults("Job", job({ completionMode: "Indexed", parallelism: 2 }))).toContain(
      "spec.completions: Required value: when completion mode is Indexed",
    );
  });

  it("keeps what its pods were made from", () => {
    const old = created(job({}));
    const other = created(job({ template: { spec: { ...template.spec, terminationGracePeriodSeconds: 1 } } }));
    expect(updateFaults("Job", other, old)[0]).toMatch(/^spec\.template: Invalid value: .*: field is immutable$/);
    expect(updateFaults("Job", created(job({ completions: 3 })), old)).toEqual([
      "spec.completions: Invalid value: 3: field is immutable",
    ]);
    expect(updateFaults("Job", created(job({ parallelism: 3, completions: 1 })), old)).toEqual([]);
  });

  it.each<[string, object, object]>([
    ["running", { startTime: "2026-01-01T00:00:00Z" }, { Status: "Running", Completions: "0/1", Duration: "60s" }],
    [
      "done",
      {
        startTime: "2026-01-01T00:00:00Z",
        completionTime: "2026-01-01T00:00:10Z",
        succeeded: 1,
        conditions: [{ type: "Complete", status: "True" }],
      },
      { Status: "Complete", Completions: "1/1", Duration: "10s" },
    ],
    ["suspended", { conditions: [{ type: "Suspended", status: "True" }] }, { Status: "Suspended", Duration: "" }],
  ])("prints as kubectl shows it: %s", (_, status, expected) => {
    const now = Date.parse("2026-01-01T00:01:00Z");
    expect(row("Job", { ...job({ completions: 1 }), status }, now)).toMatchObject(expected);
  });
});

describe("a CronJob", () => {
  const cron = (spec: object) => ({
    metadata: { name: "nightly" },
    spec: { schedule: "0 3 * * *", jobTemplate: { spec: { template } }, ...spec },
  });

  it("has the defaults that a real cluster shows", () => {
    expect(defaulted("CronJob", cron({})).spec).toMatchObject({
      concurrencyPolicy: "Allow",
      failedJobsHistoryLimit: 1,
      successfulJobsHistoryLimit: 3,
      suspend: false,
      jobTemplate: { spec: { template: { spec: { dnsPolicy: "ClusterFirst" } } } },
    });
    expect(defaulted("CronJob", cron({}))).not.toHaveProperty("spec.jobTemplate.spec.backoffLimit");
  });

  it.each<[string, object, string[]]>([
    ["good", { timeZone: "Europe/Berlin" }, []],
    ["no schedule", { schedule: "" }, ["spec.schedule: Required value"]],
    [
      "a bad schedule",
      { schedule: "0 25 * * *" },
      ['spec.schedule: Invalid value: "0 25 * * *": end of range (25) above maximum (23): 25'],
    ],
    [
      "a place nobody knows",
      { timeZone: "Mars/Base" },
      ['spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base'],
    ],
    [
      "another policy",
      { concurrencyPolicy: "Queue" },
      ['spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"'],
    ],
  ])("is checked: %s", (_, spec, expected) => {
    expect(faults("CronJob", cron(spec))).toEqual(expected);
  });

  it("prints as kubectl shows it", () => {
    expect(row("CronJob", cron({ suspend: true }), 0)).toMatchObject({
      Schedule: "0 3 * * *",
      Timezone: "<none>",
      Suspend: "True",
      Active: 0,
      "Last Schedule": "<none>",
    });
  });
});

describe("a schedule", () => {
  it.each(["* * * * *", "*/5 0-12 1,15 jan-mar MON", "@daily", "@every 1h30m", "0 0 ? * *"])("%s is one", (text) => {
    expect(isSchedule(text)).toBeUndefined();
  });
  it.each([
    ["* * * *", "expected exactly 5 fields, found 4: [* * * *]"],
    ["@sometimes", "unrecognized descriptor: @sometimes"],
    ["*/0 * * * *", "step of range should be a positive number: */0"],
    ["9-3 * * * *", "beginning of range (9) beyond end of range (3): 9-3"],
    ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
    ["x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
  ])("%s is none", (text, reason) => {
    expect(isSchedule(text)).toBe(reason);
  });
});
