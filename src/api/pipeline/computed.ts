/** Kinds whose objects are made when they are read. */
import type { UnstructuredObject } from "../../machinery/meta/object.ts";
import { notFound } from "../../machinery/status/errors.ts";
import type { Entry } from "../../store/types.ts";
import type { Page } from "./list.ts";
import type { Selection } from "./selection.ts";
import type { Call, Outcome, Pipeline } from "./types.ts";

export async function getComputed(pipeline: Pipeline, call: Call): Promise<Outcome> {
  const objects = await compute(pipeline, call);
  const object = objects.find(({ metadata }) => metadata.name === call.name);
  if (object === undefined) throw notFound(call.resource, call.name);
  return { object, bytes: bytesOf(object), revision: 0 };
}

export async function listComputed(pipeline: Pipeline, call: Call, selection: Selection): Promise<Page> {
  const objects = await compute(pipeline, call);
  const entries = objects.filter((object) => selection.matches(object)).map((object) => entryOf(call, object));
  entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { entries, revision: pipeline.store.revision };
}

async function compute(pipeline: Pipeline, call: Call): Promise<readonly UnstructuredObject[]> {
  const { resource, group } = call.resource;
  const objects = await pipeline.kinds.get(`${resource}.${group}`)?.compute?.(pipeline, call);
  if (objects === undefined) throw new Error(`nothing computes ${resource}.${group}`);
  return objects;
}

function entryOf({ resource }: Call, object: UnstructuredObject): Entry {
  const { namespace = "", name = "" } = object.metadata;
  return { key: resource.key(namespace, name), value: bytesOf(object), createRevision: 0, modRevision: 0 };
}

function bytesOf(object: UnstructuredObject): Buffer {
  return Buffer.from(JSON.stringify(object), "utf8");
}
