/** FlowSchemas and priority levels in the store: made at the start, followed from then on, and what their status says. */
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { StatusError } from "../../machinery/status/error.ts";
import type {
  FlowSchema,
  FlowSchemaCondition,
  PriorityLevelConfiguration,
} from "../../machinery/types/flowcontrol/v1.ts";
import { StoreClosedError, type Watch } from "../../store/types.ts";
import type { UserInfo } from "../client/types.ts";
import { create } from "../pipeline/create.ts";
import { timestamp } from "../pipeline/timestamp.ts";
import type { Call, Pipeline } from "../pipeline/types.ts";
import { update } from "../pipeline/update.ts";
import type { Resource } from "../registry/resource.ts";
import { equalJson } from "../serialize/json.ts";
import { autoUpdate, defaultFlowSchemas, defaultPriorityLevels, mandatory } from "./defaults.ts";
import type { FlowControl } from "./flow-control.ts";

const user: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };
const write = { dryRun: false, fieldValidation: "Strict" } as const;
const apiVersion = "flowcontrol.apiserver.k8s.io/v1";
type Plural = "flowschemas" | "prioritylevelconfigurations";

export class FlowConfigWatch {
  readonly #pipeline: Pipeline;
  readonly #control: FlowControl;
  readonly #watches = new Map<Plural, Watch>();
  readonly #known: Record<Plural, Set<string>> = { flowschemas: new Set(), prioritylevelconfigurations: new Set() };
  #closed = false;

  constructor(pipeline: Pipeline, control: FlowControl) {
    this.#pipeline = pipeline;
    this.#control = control;
  }

  /** Resolves when the defaults are in the store and all that is there is obeyed. */
  async start(): Promise<void> {
    await Promise.all([
      ...defaultPriorityLevels().map((level) => this.#ensure("prioritylevelconfigurations", level)),
      ...defaultFlowSchemas().map((schema) => this.#ensure("flowschemas", schema)),
    ]);
    await this.#follow("prioritylevelconfigurations");
    await this.#follow("flowschemas");
  }

  close(): void {
    this.#closed = true;
    for (const watch of this.#watches.values()) watch.close();
  }

  /** Creates it, or brings its spec back to what it is here, unless somebody has taken it over. */
  async #ensure(plural: Plural, wanted: FlowSchema | PriorityLevelConfiguration): Promise<void> {
    const { resource } = this.#call(plural, "");
    const { name = "" } = wanted.metadata;
    const entry = await this.#pipeline.store.get(resource.key("", name));
    if (entry === undefined) {
      try {
        const given = plural === "flowschemas" ? { ...wanted, status: undefined } : wanted;
        await create(this.#pipeline, this.#call(plural, ""), { object: given }, write);
      } catch (error) {
        if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
      }
      return;
    }
    const existing = resource.objectOf(entry.value);
    if (existing.metadata.annotations?.[autoUpdate] !== "true" && !mandatory.has(name)) return;
    const object = {
      ...existing,
      metadata: { ...existing.metadata, annotations: { ...existing.metadata.annotations, [autoUpdate]: "true" } },
      spec: wanted.spec,
    };
    await update(this.#pipeline, this.#call(plural, name), { object }, write);
  }

  async #follow(plural: Plural): Promise<void> {
    const { store } = this.#pipeline;
    const { resource } = this.#call(plural, "");
    const { prefix } = resource;
    const { entries, revision } = await store.list({ prefix });
    if (this.#closed) return;
    const known = this.#known[plural];
    const gone = new Set(known);
    for (const { key, value } of entries) {
      gone.delete(key.slice(prefix.length));
      this.#set(plural, key.slice(prefix.length), resource.objectOf(value));
    }
    for (const name of gone) this.#set(plural, name, undefined);
    this.#watch(plural, resource, revision);
    this.#tellSchemas();
  }

  #watch(plural: Plural, resource: Resource, after: number): void {
    const { store, log } = this.#pipeline;
    const { prefix } = resource;
    const watch = store.watch(
      { prefix, after },
      {
        events: (batch) => {
          for (const { type, key, value } of batch) {
            this.#set(plural, key.slice(prefix.length), type === "delete" ? undefined : resource.objectOf(value));
          }
          if (batch.length > 0) this.#tellSchemas();
        },
        ended: (error) => {
          if (this.#closed || error instanceof StoreClosedError) return;
          log.warn({ err: error, plural }, "the watch on flow control ended; it is read again");
          this.#follow(plural).catch((err: unknown) => log.error({ err, plural }, "flow control could not be read"));
        },
      },
    );
    this.#watches.set(plural, watch);
  }

  #set(plural: Plural, name: string, object: UnstructuredObject | undefined): void {
    if (object === undefined) {
      this.#known[plural].delete(name);
      if (mandatory.has(name)) this.#restore(plural, name);
    } else this.#known[plural].add(name);
    if (plural === "flowschemas") this.#control.setSchema(name, object as FlowSchema | undefined);
    else this.#control.setLevel(name, object as PriorityLevelConfiguration | undefined);
  }

  #restore(plural: Plural, name: string): void {
    const defaults = plural === "flowschemas" ? defaultFlowSchemas() : defaultPriorityLevels();
    const wanted = defaults.find(({ metadata }) => metadata.name === name);
    if (wanted) this.#later(this.#ensure(plural, wanted), name);
  }

  /** Whether a schema's level exists stands in its status. */
  #tellSchemas(): void {
    const { schemas, levels } = this.#control;
    for (const { name, object, uid } of schemas.values()) {
      if (uid === "") continue;
      const level = object.spec?.priorityLevelConfiguration.name ?? "";
      const condition = danglingCondition(level, levels.has(level));
      const before = object.status?.conditions?.find(({ type }) => type === "Dangling");
      if (before?.status === condition.status && before?.message === condition.message) continue;
      this.#later(this.#tell(object, condition), name);
    }
  }

  async #tell(object: FlowSchema, condition: FlowSchemaCondition): Promise<void> {
    const { name = "" } = object.metadata;
    const others = (object.status?.conditions ?? []).filter(({ type }) => type !== "Dangling");
    const stamped = { ...condition, lastTransitionTime: timestamp(this.#pipeline.clock.now()) };
    const changed = { ...object, status: { conditions: [...others, stamped] } };
    if (equalJson(changed, object)) return;
    const call = { ...this.#call("flowschemas", name), subresource: "status" };
    await update(this.#pipeline, call, { object: changed }, write);
  }

  /** What is overtaken by another change is done by the event of that. */
  #later(work: Promise<void>, name: string): void {
    work.catch((error: unknown) => {
      if (this.#closed || (error instanceof StatusError && (error.code === 409 || error.code === 404))) return;
      this.#pipeline.log.warn({ err: error, name }, "flow control's objects could not be written");
    });
  }

  #call(plural: Plural, name: string): Call {
    const resource = this.#pipeline.registry.find(apiVersion, plural);
    if (resource === undefined) throw new Error(`${plural} are not served`);
    return { user, resource, namespace: "", name, subresource: "", warnings: [] };
  }
}

function danglingCondition(level: string, exists: boolean): FlowSchemaCondition {
  const what = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  return exists
    ? { type: "Dangling", status: "False", reason: "Found", message: `${what} and it exists` }
    : { type: "Dangling", status: "True", reason: "NotFound", message: `${what} but there is no such object` };
}
