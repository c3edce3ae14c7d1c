import type { KubeObject } from "../meta/object.ts";
import { schemaOf } from "../schema/load.ts";
import { nameAndAge, type Table } from "./columns.ts";
import type { ResourceDefinition, ScalePaths, Strategy, Subresources, Verb } from "./types.ts";

/** A built-in kind in a line: what is not said is as it is for most kinds. */
export interface KindRow {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly scope?: "Cluster";
  /** Preferred first; default v1 alone. */
  readonly versions?: readonly string[];
  readonly storageVersion?: string;
  readonly storageGroup?: string;
  /** Default: the plural. */
  readonly storagePrefix?: string;
  readonly computed?: true;
  readonly verbs?: readonly Verb[];
  readonly status?: true;
  readonly scale?: ScalePaths;
  readonly other?: NonNullable<Subresources["other"]>;
  readonly strategy?: Strategy;
  readonly table?: Table;
  readonly selectableFields?: Readonly<Record<string, (object: KubeObject) => string>>;
  readonly deprecated?: string;
  readonly convert?: NonNullable<ResourceDefinition["convert"]>;
}

const noStrategy: Strategy = {};

/** The definitions of one API group. `goPackage` without the version: "k8s.io/api/core". */
export function defineGroup(group: string, goPackage: string, rows: readonly KindRow[]): ResourceDefinition[] {
  return rows.map((row) => define(group, goPackage, row));
}

function define(group: string, goPackage: string, row: KindRow): ResourceDefinition {
  const versions = row.versions ?? ["v1"];
  const table = row.table ?? nameAndAge;
  return {
    group,
    names: {
      plural: row.plural,
      singular: row.kind.toLowerCase(),
      kind: row.kind,
      listKind: `${row.kind}List`,
      ...(row.shortNames ? { shortNames: row.shortNames } : {}),
      ...(row.categories ? { categories: row.categories } : {}),
    },
    scope: row.scope ?? "Namespaced",
    versions: versions.map((version) => ({
      name: version,
      schema: () => schemaOf(`${goPackage}/${version}.${row.kind}`),
      ...(row.deprecated ? { deprecated: { warning: row.deprecated } } : {}),
    })),
    storageVersion: row.storageVersion ?? versions[0] ?? "v1",
    ...(row.storageGroup === undefined ? {} : { storageGroup: row.storageGroup }),
    storagePrefix: row.storagePrefix ?? row.plural,
    ...(row.computed ? { computed: row.computed } : {}),
    ...(row.verbs ? { verbs: row.verbs } : {}),
    subresources: {
      ...(row.status ? { status: row.status } : {}),
      ...(row.scale ? { scale: row.scale } : {}),
      ...(row.other ? { other: row.other } : {}),
    },
    strategy: row.strategy ?? noStrategy,
    columns: table.columns,
    cells: table.cells,
    ...(row.selectableFields ? { selectableFields: row.selectableFields } : {}),
    ...(row.convert ? { convert: row.convert } : {}),
  };
}
