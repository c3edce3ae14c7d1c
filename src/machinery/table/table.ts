/** Server-side tables (metav1.Table) and metadata alone (PartialObjectMetadata): what kubectl get and metadata clients ask for. */
import type { ResourceDefinition } from "../kinds/types.ts";
import type { KubeObject } from "../meta/object.ts";
import type {
  ListMeta,
  PartialObjectMetadata,
  PartialObjectMetadataList,
  Table,
  TableColumnDefinition,
  TableRow,
} from "../types/meta/v1.ts";

const metaApiVersion = "meta.k8s.io/v1";

/** How much of each object a row carries. */
export type IncludeObject = "None" | "Metadata" | "Object";

type TableSource = Pick<ResourceDefinition, "columns" | "cells">;

const definitions = new WeakMap<TableSource, TableColumnDefinition[]>();

export function columnDefinitions(source: TableSource): TableColumnDefinition[] {
  const known = definitions.get(source);
  if (known) return known;
  const made = source.columns.map(({ name, type, format = "", description, priority }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  definitions.set(source, made);
  return made;
}

/** `now` in ms since the epoch. */
export function tableRow(source: TableSource, object: KubeObject, include: IncludeObject, now: number): TableRow {
  const row: TableRow = { cells: source.cells(object, now) };
  if (include === "Metadata") row.object = partialObjectMetadata(object) as unknown as Record<string, unknown>;
  else if (include === "Object") row.object = object as unknown as Record<string, unknown>;
  return row;
}

export interface TableOptions {
  readonly include: IncludeObject;
  readonly now: number;
  /** Of the list; of a single object, its resourceVersion. */
  readonly metadata: ListMeta;
  /** Only a watch's first event has column definitions. Default: they are there. */
  readonly headers?: boolean;
}

export function tableOf(source: TableSource, objects: Iterable<KubeObject>, options: TableOptions): Table {
  const rows: TableRow[] = [];
  for (const object of objects) rows.push(tableRow(source, object, options.include, options.now));
  return {
    kind: "Table",
    apiVersion: metaApiVersion,
    metadata: options.metadata,
    columnDefinitions: options.headers === false ? [] : columnDefinitions(source),
    rows,
  };
}

export function partialObjectMetadata(object: KubeObject): PartialObjectMetadata {
  return { kind: "PartialObjectMetadata", apiVersion: metaApiVersion, metadata: object.metadata };
}

export function partialObjectMetadataList(
  objects: Iterable<KubeObject>,
  metadata: ListMeta,
): PartialObjectMetadataList {
  return {
    kind: "PartialObjectMetadataList",
    apiVersion: metaApiVersion,
    metadata,
    items: Array.from(objects, partialObjectMetadata),
  };
}
