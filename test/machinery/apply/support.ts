import { applyConfiguration } from "../../../src/machinery/apply/apply-configuration.ts";
import { ConflictsError } from "../../../src/machinery/apply/conflicts.ts";
import { fieldsOf, type ManagerEntry } from "../../../src/machinery/apply/manager-entry.ts";
import { trackUpdate, type Write } from "../../../src/machinery/apply/track-update.ts";
import { emptyValue, rootPlanOf, type TypePlan } from "../../../src/machinery/apply/type-plan.ts";
import { schemaOf } from "../../../src/machinery/schema/load.ts";
import type { Schema } from "../../../src/machinery/schema/types.ts";

export const planOf = (goName: string): TypePlan => rootPlanOf(schemaOf(goName));

/** An object and its managers, changed as clients would. */
export class Cluster {
  live: Record<string, unknown> | undefined;
  managed: readonly ManagerEntry[] = [];
  readonly plan: TypePlan;
  readonly apiVersion: string;
  second = 0;

  constructor(schema: Schema | string, apiVersion: string) {
    this.plan = typeof schema === "string" ? planOf(schema) : rootPlanOf(schema);
    this.apiVersion = apiVersion;
  }

  write(manager: string, subresource = ""): Write {
    const versions = { planOf: () => this.plan, convert: (object: object) => object };
    const time = new Date(this.second++ * 1000).toISOString().replace(".000", "");
    return { versions, apiVersion: this.apiVersion, manager, subresource, time };
  }

  apply(manager: string, config: object, force = false): void {
    const { object, managed } = applyConfiguration({
      live: this.live,
      managed: this.managed,
      config: { apiVersion: this.apiVersion, ...config },
      plan: this.plan,
      write: this.write(manager),
      force,
    });
    this.live = structuredClone(object) as Record<string, unknown>;
    this.managed = managed;
  }

  /** The message of the refusal. */
  conflict(manager: string, config: object): string {
    try {
      this.apply(manager, config);
    } catch (error) {
      if (error instanceof ConflictsError) return error.message;
      throw error;
    }
    return "no conflict";
  }

  update(manager: string, object: object, subresource = ""): void {
    const whole = { apiVersion: this.apiVersion, ...object };
    const live = this.live ?? emptyValue(this.plan);
    this.managed = trackUpdate(this.managed, live, whole, this.plan, this.write(manager, subresource));
    this.live = whole;
  }

  /** Manager and operation with the fields, as objects. */
  get owners(): Record<string, unknown> {
    return Object.fromEntries(
      this.managed.map(({ manager, operation, subresource, fields }) => [
        `${manager} ${operation}${subresource && ` ${subresource}`}`,
        JSON.parse(fields),
      ]),
    );
  }

  owner(manager: string) {
    const entry = this.managed.find((one) => one.manager === manager);
    return entry && fieldsOf(entry);
  }
}
