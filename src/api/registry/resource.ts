import type { ResourceDefinition, ResourceVersionDefinition, Verb } from "../../machinery/kinds/types.ts";
import { apiVersionOf, type UnstructuredObject } from "../../machinery/meta/object.ts";
import type { Schema } from "../../machinery/schema/types.ts";
import { managedFieldsText, withManagedFields } from "../serialize/managed-fields.ts";
import { parsedOf } from "../serialize/parsed.ts";
import { headOf } from "../serialize/template.ts";

const allVerbs: readonly Verb[] = ["create", "get", "list", "watch", "update", "patch", "delete", "deletecollection"];

/** A definition at one of its versions: all that a request needs to know of its kind. */
export class Resource {
  readonly definition: ResourceDefinition;
  readonly group: string;
  readonly version: string;
  /** The plural, under the name that errors and clients use. */
  readonly resource: string;
  readonly kind: string;
  readonly listKind: string;
  readonly apiVersion: string;
  readonly namespaced: boolean;
  readonly verbs: ReadonlySet<Verb>;
  /** "/registry/pods/" */
  readonly prefix: string;
  /** What is stored may be of another version than this one, so that each object has to be looked at. */
  readonly mixed: boolean;
  readonly storedApiVersion: string;
  readonly #version: ResourceVersionDefinition;
  readonly #head: Buffer;
  #schema: Schema | undefined;

  constructor(definition: ResourceDefinition, version: ResourceVersionDefinition, shared: boolean) {
    this.definition = definition;
    this.group = definition.group;
    this.version = version.name;
    this.resource = definition.names.plural;
    this.kind = definition.names.kind;
    this.listKind = definition.names.listKind;
    this.apiVersion = apiVersionOf({ group: definition.group, version: version.name });
    this.storedApiVersion = apiVersionOf({ group: definition.group, version: definition.storageVersion });
    this.namespaced = definition.scope === "Namespaced";
    this.verbs = new Set(definition.verbs ?? allVerbs);
    this.prefix = `/registry/${definition.storagePrefix}/`;
    this.mixed = shared || definition.versions.length > 1 || definition.convert !== undefined;
    this.#version = version;
    this.#head = Buffer.from(headOf(this.apiVersion, this.kind), "latin1");
  }

  get schema(): Schema {
    this.#schema ??= this.#version.schema();
    return this.#schema;
  }

  /** Whether it has a protobuf form: custom resources have not. */
  get hasProtobuf(): boolean {
    return this.schema.goName !== undefined;
  }

  get deprecation(): string | undefined {
    return this.#version.deprecated?.warning;
  }

  key(namespace: string, name: string): string {
    return this.namespaced ? `${this.prefix}${namespace}/${name}` : this.prefix + name;
  }

  /** Where a list or watch looks: all of the kind, or one namespace of it. */
  prefixOf(namespace: string): string {
    return this.namespaced && namespace !== "" ? `${this.prefix}${namespace}/` : this.prefix;
  }

  /** Whether stored bytes may be served as they are. */
  servesAsStored(value: Buffer): boolean {
    return !this.mixed || value.compare(this.#head, 0, this.#head.length, 0, this.#head.length) === 0;
  }

  /** The object in this version, without managedFields; shared, so nobody may change it. */
  objectOf(value: Buffer): UnstructuredObject {
    const stored = parsedOf(value);
    return this.mixed ? this.fromStored(stored) : stored;
  }

  /** The same with managedFields, for those who hand it out; not shared. */
  wholeOf(value: Buffer): UnstructuredObject {
    return withManagedFields(this.objectOf(value), managedFieldsText(value));
  }

  /** In the bytes that clients of this version get. */
  bytesOf(value: Buffer): Buffer {
    return this.servesAsStored(value) ? value : Buffer.from(JSON.stringify(this.wholeOf(value)), "utf8");
  }

  fromStored(stored: UnstructuredObject): UnstructuredObject {
    if (stored.apiVersion === this.apiVersion) return stored;
    return { ...this.#convert(stored, this.version), apiVersion: this.apiVersion, kind: this.kind };
  }

  toStored(object: UnstructuredObject): UnstructuredObject {
    if (!this.mixed || object.apiVersion === this.storedApiVersion) return object;
    const { storageVersion } = this.definition;
    return { ...this.#convert(object, storageVersion), apiVersion: this.storedApiVersion, kind: this.kind };
  }

  #convert(object: UnstructuredObject, version: string): UnstructuredObject {
    return this.definition.convert?.(object, version) ?? object;
  }
}
