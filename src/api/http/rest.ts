/** From an authorized request of a resource to the pipeline's verb, and from its outcome to an answer. */

import { scaleTable } from "../../machinery/kinds/autoscaling/scale-table.ts";
import type { Verb } from "../../machinery/kinds/types.ts";
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { parseJson } from "../../machinery/schema/json-text.ts";
import { failure } from "../../machinery/status/error.ts";
import { badRequest, methodNotSupported } from "../../machinery/status/errors.ts";
import { partialObjectMetadata, partialObjectMetadataList, tableOf } from "../../machinery/table/table.ts";
import type { ListMeta } from "../../machinery/types/meta/v1.ts";
import type { Attributes } from "../authz/types.ts";
import { apply } from "../pipeline/apply.ts";
import { create } from "../pipeline/create.ts";
import { type Deletion, remove } from "../pipeline/delete.ts";
import { deleteCollection } from "../pipeline/deletecollection.ts";
import { get } from "../pipeline/get.ts";
import { list, type Page } from "../pipeline/list.ts";
import { patch } from "../pipeline/patch.ts";
import { applyScale, getScale, patchScale, updateScale } from "../pipeline/scale.ts";
import type { Call, Outcome, Pipeline } from "../pipeline/types.ts";
import { update } from "../pipeline/update.ts";
import type { Resource } from "../registry/resource.ts";
import { managedFieldsText, withManagedFields } from "../serialize/managed-fields.ts";
import { includeObjectOf, tableEvent } from "../serialize/table.ts";
import { jsonLines, transformedLines, type WatchFormat } from "../watch/format.ts";
import { protobufFrames, transformedFrames } from "../watch/protobuf-format.ts";
import { deleteOptions } from "./delete-options.ts";
import type { Exchange } from "./exchange.ts";
import { jsonBody } from "./json-body.ts";
import { listMeta, respondList } from "./list-response.ts";
import { type Accepted, negotiate } from "./negotiation.ts";
import { integerParameter, listParameters, patchParameters, watchParameters, writeParameters } from "./parameters.ts";
import { applyBody, isApply, patchBody } from "./patch-body.ts";
import { respondProtobufList } from "./protobuf-list-response.ts";
import { protobufType, respondJson, respondObject } from "./response.ts";
import { type RunningWatches, respondWatch } from "./watch-response.ts";

export interface RestContext {
  readonly pipeline: Pipeline;
  readonly call: Call;
  readonly exchange: Exchange;
  readonly query: URLSearchParams | undefined;
  readonly running: RunningWatches;
  /** Whether the user may; throws a 403. */
  readonly authorize: (attributes: Attributes) => Promise<void>;
}

const noQuery = new URLSearchParams();

export function serve(context: RestContext, verb: Verb): void | Promise<void> {
  const { call } = context;
  if (call.subresource === "scale") return serveScale(context, verb);
  switch (verb) {
    case "get":
      return serveGet(context);
    case "list":
      return serveList(context);
    case "watch":
      return serveWatch(context);
    case "create":
      return serveCreate(context);
    case "update":
      return serveUpdate(context);
    case "patch":
      return servePatch(context);
    case "delete":
      return serveDelete(context);
    case "deletecollection":
      return serveDeleteCollection(context);
  }
}

async function serveGet({ pipeline, call, exchange, query = noQuery }: RestContext): Promise<void> {
  const accepted = asAsked(negotiate(exchange.headers.accept, call.resource), query);
  const outcome = await get(pipeline, call, query.get("resourceVersion") ?? "");
  await respondOutcome(exchange, 200, accepted, { pipeline, call, query }, outcome);
}

async function serveList({ pipeline, call, exchange, query = noQuery }: RestContext): Promise<void> {
  const accepted = asAsked(negotiate(exchange.headers.accept, call.resource), query);
  const page = await list(pipeline, call, listParameters(query, call.resource));
  await respondPage({ pipeline, call, query }, exchange, accepted, page);
}

/** `?pretty=true` is for people who read the answer itself: kubectl get --raw, a browser. */
function asAsked(accepted: Accepted, query: URLSearchParams): Accepted {
  if (query === noQuery) return accepted;
  const pretty = query.get("pretty");
  return pretty === "true" || pretty === "1" ? { ...accepted, pretty: true } : accepted;
}

async function respondPage(
  { pipeline, call, query = noQuery }: OutcomeContext,
  exchange: Exchange,
  accepted: Accepted,
  page: Page,
): Promise<void> {
  const { resource } = call;
  if (accepted.as === "object" && accepted.format === "json" && !accepted.pretty) {
    await respondList(exchange, resource, page, call.warnings);
    return;
  }
  const objects = page.entries.map(({ value }) =>
    accepted.as === "Table" ? resource.objectOf(value) : resource.wholeOf(value),
  );
  const metadata = listMeta(page);
  if (accepted.format === "protobuf") {
    if (accepted.as === "object") {
      await respondProtobufList(
        exchange,
        listOf(resource, metadata),
        resource.schema.goName ?? "",
        objects,
        call.warnings,
      );
    } else {
      const partial = { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadataList", metadata };
      await respondProtobufList(exchange, partial, partialMetadataGoName, objects, call.warnings);
    }
    return;
  }
  let answer: object;
  if (accepted.as === "Table") {
    const include = includeObjectOf(query.get("includeObject") ?? "");
    answer = tableOf(resource.definition, objects, { include, metadata, now: pipeline.clock.now() });
  } else if (accepted.as === "object") {
    answer = { ...listOf(resource, metadata), items: objects };
  } else answer = partialObjectMetadataList(objects, metadata);
  await respondObject(exchange, 200, accepted, answer, call.warnings);
}

function serveWatch({ pipeline, call, exchange, query = noQuery, running }: RestContext): void {
  const accepted = negotiate(exchange.headers.accept, call.resource, true);
  const parameters = watchParameters(query, call);
  const timeoutSeconds = integerParameter(query, "timeoutSeconds");
  const format = watchFormat(accepted, query, pipeline);
  const contentType = accepted.format === "protobuf" ? `${protobufType};stream=watch` : "application/json";
  respondWatch(pipeline, call, exchange, parameters, { format, contentType, timeoutSeconds, running });
}

const partialMetadataGoName = "k8s.io/apimachinery/pkg/apis/meta/v1.PartialObjectMetadata";

function listOf({ listKind: kind, apiVersion }: Resource, metadata: ListMeta) {
  return { kind, apiVersion, metadata };
}

function watchFormat(accepted: Accepted, query: URLSearchParams, { clock }: Pipeline): WatchFormat<Buffer> {
  switch (accepted.as) {
    case "object":
      return accepted.format === "protobuf" ? protobufFrames : jsonLines;
    case "Table": {
      const include = includeObjectOf(query.get("includeObject") ?? "");
      return transformedLines(`table ${include}`, (resource, object) =>
        tableEvent(resource, object, include, clock.now()),
      );
    }
    default:
      return accepted.format === "protobuf" ? partialFrames : partialLines;
  }
}

const partialLines = transformedLines("partial", (_resource, object) => partialObjectMetadata(object), true);
const partialFrames = transformedFrames("partial protobuf", (_resource, object) => partialObjectMetadata(object));

async function serveCreate({ pipeline, call, exchange, query }: RestContext): Promise<void> {
  const accepted = negotiate(exchange.headers.accept, call.resource);
  const write = writeParameters(query, "CreateOptions", exchange.headers["user-agent"]);
  const outcome = await create(pipeline, call, { json: await jsonBody(exchange) }, write);
  await respondOutcome(exchange, 201, accepted, { pipeline, call, query }, outcome);
}

async function serveUpdate({ pipeline, call, exchange, query }: RestContext): Promise<void> {
  const accepted = negotiate(exchange.headers.accept, call.resource);
  const write = writeParameters(query, "UpdateOptions", exchange.headers["user-agent"]);
  const outcome = await update(pipeline, call, { json: await jsonBody(exchange) }, write);
  await respondOutcome(exchange, outcome.created ? 201 : 200, accepted, { pipeline, call, query }, outcome);
}

async function servePatch(context: RestContext): Promise<void> {
  const { pipeline, call, exchange, query } = context;
  const accepted = negotiate(exchange.headers.accept, call.resource);
  const applies = isApply(exchange);
  const write = patchParameters(query ?? noQuery, applies, exchange.headers["user-agent"]);
  const outcome = applies
    ? await apply(pipeline, call, await applyBody(exchange), { ...write, mayCreate: () => mayCreate(context) })
    : await patch(pipeline, call, await patchBody(exchange, call.resource), write);
  await respondOutcome(exchange, outcome.created ? 201 : 200, accepted, { pipeline, call, query }, outcome);
}

function mayCreate({ call, exchange, authorize }: RestContext): Promise<void> {
  const { group, version, resource } = call.resource;
  const { user, namespace, name, subresource } = call;
  return authorize({
    user,
    verb: "create",
    path: exchange.url,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
  });
}

async function serveDelete({ pipeline, call, exchange, query = noQuery }: RestContext): Promise<void> {
  const accepted = negotiate(exchange.headers.accept, call.resource);
  const options = await deleteOptions(exchange, query);
  const deletion = await remove(pipeline, call, options);
  const { resource } = call;
  const hooks = pipeline.kinds.get(`${resource.resource}.${resource.group}`);
  if (deletion.removed && !hooks?.returnsDeletedObject) {
    await respondObject(exchange, 200, accepted, successOf(call, deletion), call.warnings);
  } else await respondOutcome(exchange, 200, accepted, { pipeline, call, query }, deletion);
}

function successOf({ resource, name }: Call, { object }: Deletion): object {
  const { resource: kind, group } = resource;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, ...(group ? { group } : {}), kind, uid: object.metadata.uid },
  };
}

async function serveDeleteCollection({ pipeline, call, exchange, query = noQuery }: RestContext): Promise<void> {
  const accepted = negotiate(exchange.headers.accept, call.resource);
  const options = await deleteOptions(exchange, query);
  const entries = await deleteCollection(pipeline, call, listParameters(query, call.resource), options);
  const page = { entries, revision: pipeline.store.revision };
  await respondPage({ pipeline, call, query }, exchange, accepted, page);
}

async function serveScale({ pipeline, call, exchange, query }: RestContext, verb: Verb): Promise<void> {
  const accepted = negotiate(exchange.headers.accept, call.resource);
  const userAgent = exchange.headers["user-agent"];
  let outcome: Outcome;
  if (verb === "get") outcome = await getScale(pipeline, call);
  else if (verb === "update") {
    const body = parsedObject(await jsonBody(exchange));
    outcome = await updateScale(pipeline, call, body, writeParameters(query, "UpdateOptions", userAgent));
  } else if (verb === "patch" && isApply(exchange)) {
    const write = patchParameters(query ?? noQuery, true, userAgent);
    const mayCreate = (): void => undefined;
    outcome = await applyScale(pipeline, call, await applyBody(exchange), { ...write, mayCreate });
  } else if (verb === "patch") {
    const body = await patchBody(exchange, call.resource);
    outcome = await patchScale(pipeline, call, body, patchParameters(query ?? noQuery, false, userAgent));
  } else throw methodNotSupported(call.resource, verb);
  await respondOutcome(exchange, 200, accepted, { pipeline, call, query, table: scaleTable }, outcome);
}

interface OutcomeContext {
  readonly pipeline: Pipeline;
  readonly call: Call;
  readonly query: URLSearchParams | undefined;
  /** Of a subresource that is of another kind; absent: the resource's own. */
  readonly table?: Parameters<typeof tableOf>[0];
}

export function respondOutcome(
  exchange: Exchange,
  code: number,
  accepted: Accepted,
  { pipeline, call, query, table: source = call.resource.definition }: OutcomeContext,
  outcome: Outcome,
): void | Promise<void> {
  if (accepted.as === "object") {
    if (accepted.format === "json" && !accepted.pretty) {
      respondJson(exchange, code, outcome.bytes, call.warnings);
      return;
    }
    return respondObject(exchange, code, accepted, wholeObject(outcome), call.warnings);
  }
  if (accepted.as === "Table") {
    const include = includeObjectOf(query?.get("includeObject") ?? "");
    const { object } = outcome;
    const { resourceVersion = "" } = object.metadata;
    const options = { include, metadata: { resourceVersion }, now: pipeline.clock.now() };
    const table = tableOf(source, [object], options);
    return respondObject(exchange, code, accepted, table, call.warnings);
  }
  return respondObject(exchange, code, accepted, partialObjectMetadata(wholeObject(outcome)), call.warnings);
}

/** With managedFields. */
function wholeObject({ object, bytes }: Outcome): UnstructuredObject {
  const managed = managedFieldsText(bytes);
  if (managed !== "") return withManagedFields(object, managed);
  return JSON.parse(bytes.toString("utf8")) as UnstructuredObject;
}

/** Throws a 400 for what is not a JSON object. */
export function parsedObject(body: Buffer): object {
  let value: unknown;
  try {
    value = parseJson(body);
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error), { cause: error });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw badRequest("the object provided is unrecognized: it is not a JSON object");
}

/** 405 for a method that a path does not know. */
export function methodNotAllowed(): Error {
  return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}
