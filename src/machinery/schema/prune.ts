/**
 * Structural pruning, for kinds whose schema came with a CustomResourceDefinition: fields that the schema does not name
 * are dropped, unless `x-kubernetes-preserve-unknown-fields` keeps them, and so are nulls where none is allowed. In place.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
import { DecodeError, decodeTyped, maxStrictErrors } from "./decode.ts";
import { maxDepth } from "./json-text.ts";
import { schemaOf } from "./load.ts";
import type { Schema } from "./types.ts";

export interface Pruned {
  /** Paths of what was dropped, in document order: "spec.items[0].foo". */
  readonly unknown: readonly string[];
  /** How many object keys were seen, dropped ones included. */
  readonly keys: number;
}

const objectMeta = "k8s.io/apimachinery/pkg/apis/meta/v1.ObjectMeta";

/** Prunes a whole custom resource; its metadata is decoded as any object's. Throws DecodeError for wrong metadata. */
export function pruneResource(object: Record<string, unknown>, schema: Schema): Pruned {
  const walk = new Walk();
  walk.resource(object, schema, "", 0);
  return { unknown: walk.unknown, keys: walk.keys };
}

class Walk {
  readonly unknown: string[] = [];
  keys = 0;

  resource(object: Record<string, unknown>, schema: Schema, path: string, depth: number): void {
    for (const key of Object.keys(object)) {
      if (key === "apiVersion" || key === "kind") {
        this.keys++;
      } else if (key === "metadata") {
        this.keys++;
        const metadata = decodeTyped(object[key], schemaOf(objectMeta));
        this.keys += metadata.keys;
        object[key] = metadata.value ?? {};
        for (const name of metadata.unknown) this.#tell(child(path, `metadata.${name}`));
      } else this.#field(object, key, schema, path, depth);
    }
  }

  #field(object: Record<string, unknown>, key: string, schema: Schema, path: string, depth: number): void {
    this.keys++;
    const field = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const other = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
    const known = field ?? other;
    // A null that the schema does not allow is as good as absent, and may be defaulted.
    if (known && object[key] === null && !known.nullable) delete object[key];
    else if (known) this.#value(object[key], known, child(path, key), depth + 1);
    else {
      this.#count(object[key], depth + 1);
      if (schema.preserveUnknownFields || schema.additionalProperties === true) return;
      this.#tell(child(path, key));
      delete object[key];
    }
  }

  #value(value: unknown, schema: Schema, path: string, depth: number): void {
    if (typeof value !== "object" || value === null) return;
    if (depth > maxDepth) throw new DecodeError("exceeded max depth");
    if (Array.isArray(value)) {
      const { items } = schema;
      value.forEach((item, i) => {
        if (items) this.#value(item, items, `${path}[${i}]`, depth + 1);
        else this.#count(item, depth + 1);
      });
      return;
    }
    const object = value as Record<string, unknown>;
    if (schema.embeddedResource) this.resource(object, schema, path, depth);
    else for (const key of Object.keys(object)) this.#field(object, key, schema, path, depth);
  }

  #count(value: unknown, depth: number): void {
    if (typeof value !== "object" || value === null) return;
    if (depth > maxDepth) throw new DecodeError("exceeded max depth");
    if (Array.isArray(value)) for (const item of value) this.#count(item, depth + 1);
    else {
      for (const key in value) {
        this.keys++;
        this.#count((value as Record<string, unknown>)[key], depth + 1);
      }
    }
  }

  #tell(path: string): void {
    if (this.unknown.length < maxStrictErrors) this.unknown.push(path);
  }
}

function child(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
