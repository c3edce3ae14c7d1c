/**
 * JSON patch, RFC 6902, with kube-apiserver's limits and errors. Our own, because no library at hand bounds what `copy` may
 * multiply, takes keys such as "constructor" for keys, and shares with the original what the patch does not touch.
 */
import { deepCopy, deepEqual, isObject, setKey } from "../meta/immutable.ts";
import { failure, type StatusError } from "../status/error.ts";
import { badRequest, requestEntityTooLarge } from "../status/errors.ts";

const maxJsonPatchOperations = 10_000;
/** What all copy operations of a patch may add together, in bytes of JSON. */
const maxCopiedBytes = 3 * 1024 * 1024;

type Container = Record<string, unknown> | unknown[];

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from: string;
  readonly value: unknown;
}

const needed: ReadonlyMap<string, readonly string[]> = new Map([
  ["add", ["path", "value"]],
  ["remove", ["path"]],
  ["replace", ["path", "value"]],
  ["move", ["from", "path"]],
  ["copy", ["from", "path"]],
  ["test", ["path"]],
]);

/**
 * A new document that shares what the patch does not touch; `document` stays as it was. Throws StatusError: 400 for
 * what is no patch, 413 for too many operations, 422 where an operation cannot be applied (`cause` says why).
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const patcher = new Patcher(document);
  for (const operation of decodePatch(patch)) patcher.apply(operation);
  return patcher.document;
}

function decodePatch(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) {
    const type = patch === null ? "null" : typeof patch === "boolean" ? "bool" : typeof patch;
    throw badRequest(`error decoding patch: json: cannot unmarshal ${type} into Go value of type jsonpatch.Patch`);
  }
  if (patch.length > maxJsonPatchOperations) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${patch.length}`,
    );
  }
  return patch.map(decodeOperation);
}

function decodeOperation(operation: unknown): Operation {
  if (!isObject(operation)) {
    const type = Array.isArray(operation) ? "array" : typeof operation === "boolean" ? "bool" : typeof operation;
    throw badRequest(`error decoding patch: json: cannot unmarshal ${type} into Go value of type jsonpatch.Operation`);
  }
  const { op, value } = operation;
  const fields = typeof op === "string" ? needed.get(op) : undefined;
  if (typeof op !== "string" || !fields) throw rejected(`Unexpected kind: ${String(op)}`);
  const pointer = (field: string): string => {
    const text = operation[field];
    if (typeof text === "string" && (text === "" || text.startsWith("/"))) return text;
    throw rejected(`jsonpatch ${op} operation has no valid ${field}`);
  };
  if (fields.includes("value") && value === undefined) throw rejected(`jsonpatch ${op} operation has no value`);
  return { op, path: pointer("path"), from: fields.includes("from") ? pointer("from") : "", value };
}

class Patcher {
  /** The document, in a box: the path "" names it as a whole. */
  readonly #root: { "": unknown };
  /** What was copied already and may be changed in place. */
  readonly #own = new Set<object>();
  #copied = 0;

  constructor(document: unknown) {
    this.#root = { "": document };
    this.#own.add(this.#root);
  }

  get document(): unknown {
    return this.#root[""];
  }

  apply({ op, path, from, value }: Operation): void {
    switch (op) {
      case "add":
        this.#add(path, deepCopy(value));
        break;
      case "remove":
        this.#remove(path);
        break;
      case "replace":
        this.#replace(path, deepCopy(value));
        break;
      case "move":
        if (path.startsWith(`${from}/`)) throw rejected(`cannot move ${from} into itself`);
        this.#add(path, this.#remove(from));
        break;
      case "copy":
        this.#add(path, this.#copyOf(from));
        break;
      default:
        if (!deepEqual(this.#find(path) ?? null, value ?? null)) throw rejected(`testing value ${path} failed`);
    }
  }

  #add(path: string, value: unknown): void {
    const { parent, key } = this.#writable(path);
    if (!Array.isArray(parent)) {
      setKey(parent, key, value);
      return;
    }
    const at = key === "-" || key === "-1" ? parent.length : indexOf(key, parent.length);
    if (at > parent.length) throw rejected(`Unable to access invalid index: ${key}`);
    parent.splice(at, 0, value);
  }

  #replace(path: string, value: unknown): void {
    const { parent, key } = this.#writable(path);
    const present = this.#require(parent, key, path, "replace");
    if (Array.isArray(parent)) parent[present] = value;
    else setKey(parent, key, value);
  }

  #remove(path: string): unknown {
    if (path === "") throw rejected("Unable to remove the whole document");
    const { parent, key } = this.#writable(path);
    const present = this.#require(parent, key, path, "remove");
    if (Array.isArray(parent)) return parent.splice(present, 1)[0];
    const value = parent[key];
    delete parent[key];
    return value;
  }

  /** That there is something to replace or remove; gives its index in a list. */
  #require(parent: Container, key: string, path: string, op: string): number {
    const at = Array.isArray(parent) ? indexOf(key, parent.length) : 0;
    const present = Array.isArray(parent) ? at < parent.length : Object.hasOwn(parent, key);
    if (!present) throw rejected(`${op} operation does not apply: doc is missing key: ${path}: missing value`);
    return at;
  }

  #copyOf(from: string): unknown {
    const value = this.#find(from);
    if (value === undefined) throw rejected(`copy operation does not apply: doc is missing path: ${from}`);
    this.#copied += Buffer.byteLength(JSON.stringify(value));
    if (this.#copied > maxCopiedBytes) {
      throw rejected(
        `Unable to complete the copy, the accumulated size increase of copy is ${this.#copied}, exceeding the limit ${maxCopiedBytes}`,
      );
    }
    return deepCopy(value);
  }

  /** undefined where the path leads nowhere. */
  #find(path: string): unknown {
    let value: unknown = this.#root;
    for (const key of tokens(path)) {
      if (Array.isArray(value)) value = value[indexOf(key, value.length)];
      else if (isObject(value) && Object.hasOwn(value, key)) value = value[key];
      else return undefined;
    }
    return value;
  }

  /** The container that `path` stands in, it and all above it our own copies. */
  #writable(path: string): { parent: Container; key: string } {
    const steps = tokens(path);
    const last = steps.pop() ?? "";
    let parent: Container = this.#root;
    for (const key of steps) {
      const at = Array.isArray(parent) ? indexOf(key, parent.length) : key;
      const child: unknown = Object.hasOwn(parent, at) ? (parent as Record<string | number, unknown>)[at] : undefined;
      if (typeof child !== "object" || child === null) {
        throw rejected(`operation does not apply: doc is missing path: "${path}": missing value`);
      }
      let own = child as Container;
      if (!this.#own.has(own)) {
        own = Array.isArray(own) ? [...own] : { ...own };
        this.#own.add(own);
        if (Array.isArray(parent)) parent[at as number] = own;
        else setKey(parent, key, own);
      }
      parent = own;
    }
    return { parent, key: last };
  }
}

/** "/a/b~1c" as ["", "a", "b/c"]: the first step is into the box. */
function tokens(path: string): string[] {
  return path.split("/").map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** A negative index counts from the end, as kube-apiserver's library has it. */
function indexOf(key: string, length: number): number {
  if (!/^(?:0|-?[1-9][0-9]{0,8})$/.test(key)) throw rejected(`Unable to access invalid index: ${key}`);
  const index = Number(key);
  const at = index < 0 ? index + length : index;
  if (at < 0) throw rejected(`Unable to access invalid index: ${key}`);
  return at;
}

function rejected(why: string): StatusError {
  const message = "the server rejected our request due to an error in our request";
  return failure(422, "Invalid", message, {}, { cause: new Error(why) });
}
