import { Histogram } from "../../machinery/metrics/registry.ts";
import type { FlowSchema } from "../../machinery/types/flowcontrol/v1.ts";
import type { Refusal } from "./priority-level.ts";

export const waitBuckets: readonly number[] = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];

/** A FlowSchema as requests meet it, and what is counted of it. */
export class FlowSchemaState {
  readonly name: string;
  uid: string;
  level: string;
  precedence: number;
  object: FlowSchema;
  executing = 0;
  waiting = 0;
  dispatched = 0;
  readonly rejected: Record<Refusal, number> = { "queue-full": 0, "concurrency-limit": 0, "time-out": 0, cancelled: 0 };
  readonly waited = new Histogram(waitBuckets);
  readonly execution = new Histogram(waitBuckets);

  constructor(object: FlowSchema) {
    this.name = object.metadata.name ?? "";
    this.object = object;
    this.uid = "";
    this.level = "";
    this.precedence = 0;
    this.set(object);
  }

  set(object: FlowSchema): void {
    this.object = object;
    this.uid = object.metadata.uid ?? "";
    this.level = object.spec?.priorityLevelConfiguration.name ?? "";
    this.precedence = object.spec?.matchingPrecedence ?? 1000;
  }

  /** What tells the flows of a schema apart. */
  flowOf(user: string, namespace: string): string {
    switch (this.object.spec?.distinguisherMethod?.type) {
      case "ByUser":
        return user;
      case "ByNamespace":
        return namespace;
      default:
        return "";
    }
  }
}
