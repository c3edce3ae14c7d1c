/** PATCH by server-side apply: https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
import { type Applied, applyConfiguration } from "../../machinery/apply/apply-configuration.ts";
import { applyConflict, ConflictsError } from "../../machinery/apply/conflicts.ts";
import { entriesFromText, entriesText } from "../../machinery/apply/manager-entry.ts";
import { rootPlanOf } from "../../machinery/apply/type-plan.ts";
import { configurationErrors } from "../../machinery/apply/validate-configuration.ts";
import { parseApiVersion, type UnstructuredObject } from "../../machinery/meta/object.ts";
import { failure, StatusError } from "../../machinery/status/error.ts";
import { badRequest, conflict } from "../../machinery/status/errors.ts";
import { cloneJson } from "../serialize/json.ts";
import { managedFieldsText } from "../serialize/managed-fields.ts";
import { change, MissingError } from "./change.ts";
import { createObject } from "./create.ts";
import { decodeValue } from "./decode.ts";
import { writeOf } from "./managed-fields.ts";
import type { Call, Outcome, Pipeline, WriteParameters } from "./types.ts";
import { checkName } from "./update.ts";

export interface ApplyParameters extends WriteParameters {
  readonly force: boolean;
  /** Asked before an object is created; throws a 403. */
  readonly mayCreate: () => void | Promise<void>;
}

type Config = Readonly<Record<string, unknown>> & { readonly metadata?: Partial<UnstructuredObject["metadata"]> };

/** Creates what is not there. Throws a 409 with a cause for each field that another manager owns. */
export async function apply(
  pipeline: Pipeline,
  call: Call,
  body: Readonly<Record<string, unknown>>,
  parameters: ApplyParameters,
): Promise<Outcome> {
  const config = checked(call, body);
  // What the configuration has was checked against the schema, and nothing else is new.
  const write: ApplyParameters = { ...parameters, fieldValidation: "Ignore" };
  for (;;) {
    try {
      return await applyToLive(pipeline, call, config, write);
    } catch (error) {
      if (!(error instanceof MissingError)) throw error;
      if (call.subresource !== "") throw error.status;
    }
    try {
      return await applyToNothing(pipeline, call, config, write);
    } catch (error) {
      // Somebody was quicker: then there is something to apply to.
      if (!(error instanceof StatusError && error.reason === "AlreadyExists")) throw error;
      if (write.dryRun) throw error;
    }
  }
}

function checked(call: Call, config: Config): Config {
  const { resource } = call;
  const { apiVersion, kind } = config;
  if (apiVersion !== resource.apiVersion || kind !== resource.kind) {
    throw badRequest(`invalid object type: ${groupVersionKind(apiVersion, kind)}`);
  }
  if (config.metadata?.managedFields !== undefined && config.metadata.managedFields !== null) {
    throw badRequest("metadata.managedFields must be nil");
  }
  const why = configurationErrors(config, rootPlanOf(resource.schema));
  if (why === undefined) return config;
  const { namespace = "", name = "" } = config.metadata ?? {};
  const what = `${namespace || call.namespace}/${name}; ${groupVersionKind(apiVersion, kind)}`;
  throw failure(500, "", `failed to create typed patch object (${what}): ${why}`);
}

/** As Go prints it: "apps/v1, Kind=Deployment", "/v1, Kind=Pod". */
function groupVersionKind(apiVersion: unknown, kind: unknown): string {
  const { group, version } = parseApiVersion(typeof apiVersion === "string" ? apiVersion : "");
  return `${group}/${version}, Kind=${typeof kind === "string" ? kind : ""}`;
}

function applyToLive(pipeline: Pipeline, call: Call, config: Config, write: ApplyParameters): Promise<Outcome> {
  let managed = "";
  return change(
    pipeline,
    call,
    write,
    (old, _attempt, value) => {
      const applied = merged(pipeline, call, write, config, { live: old, managed: managedFieldsText(value) });
      managed = entriesText(applied.managed);
      const object = decoded(call, applied, write);
      // The revision of what stands there says nothing of what the client knows.
      if (!config.metadata?.resourceVersion) delete object.metadata.resourceVersion;
      return object;
    },
    () => managed,
  );
}

async function applyToNothing(
  pipeline: Pipeline,
  call: Call,
  config: Config,
  write: ApplyParameters,
): Promise<Outcome> {
  await write.mayCreate();
  const { uid } = config.metadata ?? {};
  if (uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(call.resource, call.name, why);
  }
  const applied = merged(pipeline, call, write, config, { live: undefined, managed: "" });
  const object = decoded(call, applied, write);
  delete object.metadata.resourceVersion;
  return createObject(pipeline, call, object, write, entriesText(applied.managed));
}

interface Live {
  readonly live: UnstructuredObject | undefined;
  readonly managed: string;
}

function merged(
  pipeline: Pipeline,
  call: Call,
  write: ApplyParameters,
  config: Config,
  { live, managed }: Live,
): Applied {
  try {
    return applyConfiguration({
      live,
      managed: entriesFromText(managed),
      config,
      plan: rootPlanOf(call.resource.schema),
      write: writeOf(pipeline, call, write),
      force: write.force,
    });
  } catch (error) {
    throw error instanceof ConflictsError ? applyConflict(error) : error;
  }
}

function decoded(call: Call, { object }: Applied, write: WriteParameters): UnstructuredObject {
  const own = decodeValue(call, cloneJson(object), write.fieldValidation);
  checkName(call, own);
  return own;
}
