/** Writes down who did what: https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/ */
import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../../machinery/clock.ts";
import type { Attributes, Decision } from "../authz/types.ts";
import type { UserInfo } from "../client/types.ts";
import { AuditEvent } from "./audit-event.ts";
import type { AuditPolicy, Stage } from "./policy.ts";

/** Takes one event as a line of JSON. */
export interface AuditSink {
  write(line: string): void;
  readonly lost: number;
  close(): Promise<void>;
}

export interface Audited {
  readonly attributes: Attributes;
  /** As authenticated. */
  readonly user: UserInfo;
  readonly requestUri: string;
  readonly sourceIps: readonly string[];
  readonly userAgent: string | undefined;
  /** Absent: it gets one of its own. */
  readonly auditId: string | undefined;
}

export class Auditor {
  readonly #policy: AuditPolicy;
  readonly #sink: AuditSink;
  readonly #clock: Clock;
  readonly #running = new AsyncLocalStorage<{ event: AuditEvent | undefined }>();
  /** Events written. */
  events = 0;

  constructor(policy: AuditPolicy, sink: AuditSink, clock: Clock) {
    this.#policy = policy;
    this.#sink = sink;
    this.#clock = clock;
  }

  get lost(): number {
    return this.#sink.lost;
  }

  /** undefined: nothing of this request is written down. */
  begin(audited: Audited): AuditEvent | undefined {
    const ruling = this.#policy.rulingOn(audited.attributes, audited.user);
    if (ruling.level === "None") return undefined;
    const id = audited.auditId ?? randomUUID();
    const event = new AuditEvent(id, audited, ruling, this.#clock, (stage, text) =>
      this.#write(ruling.omitStages, stage, text),
    );
    event.stage("RequestReceived");
    return event;
  }

  /** Runs a request: what annotate() is told in `work`, however late, is about the event that is attached in it. */
  around<R>(work: () => R): R {
    return this.#running.run({ event: undefined }, work);
  }

  attach(event: AuditEvent | undefined): void {
    const running = this.#running.getStore();
    if (running) running.event = event;
  }

  /** What is to be known of the request that runs; of one that is not written down, nothing. */
  annotate(annotations: Readonly<Record<string, string>>): void {
    this.#running.getStore()?.event?.annotate(annotations);
  }

  close(): Promise<void> {
    return this.#sink.close();
  }

  #write(omitted: ReadonlySet<Stage>, stage: Stage, line: () => string): void {
    if (omitted.has(stage)) return;
    this.events++;
    this.#sink.write(line());
  }
}

/** X-Forwarded-For, X-Real-Ip and who is at the other end, as k8s.io/apimachinery's SourceIPs. */
export function sourceIps(headers: IncomingHttpHeaders, remote: string | undefined): string[] {
  const forwarded = String(headers["x-forwarded-for"] ?? "").split(",");
  const given = [...forwarded, String(headers["x-real-ip"] ?? "")].map((text) => text.trim());
  const peer = remote?.replace(/^::ffff:/, "");
  const all = [...given.filter((ip) => /^[\da-fA-F.:]+$/.test(ip)), ...(peer === undefined ? [] : [peer])];
  return all.filter((ip, i) => all.indexOf(ip) === i);
}

export function decisionAnnotations({ allowed, reason }: Decision): Readonly<Record<string, string>> {
  return {
    "authorization.k8s.io/decision": allowed ? "allow" : "forbid",
    "authorization.k8s.io/reason": reason ?? "",
  };
}
