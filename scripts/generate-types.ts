/**
 * Writes src/machinery/types/ from the table of Kubernetes types (src/machinery/schema/kubernetes-1.36.json):
 * one file per API group and version, interfaces as they stand on the wire (JSON).
 * Run with `npm run generate` after the table changes; the result is committed, so that readers and editors see it.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

type TypeRef = { t?: string; ref?: string; list?: TypeRef; map?: TypeRef; key?: TypeRef };
type Field = {
  name?: string;
  type: TypeRef;
  inline?: boolean;
  optional?: boolean;
  omitempty?: boolean;
  pointer?: boolean;
};
type TypeFact = { kind: "struct" | "alias"; fields?: Field[]; type?: TypeRef; values?: string[]; enum?: boolean };

const root = new URL("..", import.meta.url).pathname;
const table = JSON.parse(readFileSync(`${root}src/machinery/schema/kubernetes-1.36.json`, "utf8")) as {
  types: Record<string, TypeFact>;
};
const out = `${root}src/machinery/types`;

/** Go types whose JSON form is not what their fields suggest. */
const wireForms: Record<string, string> = {
  "time.Time": "string",
  "time.Duration": "string",
  "k8s.io/apimachinery/pkg/apis/meta/v1.Time": "string",
  "k8s.io/apimachinery/pkg/apis/meta/v1.MicroTime": "string",
  "k8s.io/apimachinery/pkg/apis/meta/v1.Duration": "string",
  "k8s.io/apimachinery/pkg/api/resource.Quantity": "string",
  "k8s.io/apimachinery/pkg/util/intstr.IntOrString": "number | string",
  "k8s.io/apimachinery/pkg/runtime.RawExtension": "Record<string, unknown>",
  "k8s.io/apimachinery/pkg/runtime.Object": "Record<string, unknown>",
  "k8s.io/apimachinery/pkg/watch.Event": "Record<string, unknown>",
  "k8s.io/apimachinery/pkg/apis/meta/v1.FieldsV1": "Record<string, unknown>",
  "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSON": "unknown",
  "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrBool": "JSONSchemaProps | boolean",
  "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrArray":
    "JSONSchemaProps | JSONSchemaProps[]",
  "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.JSONSchemaPropsOrStringArray": "JSONSchemaProps | string[]",
};

const primitives: Record<string, string> = {
  string: "string",
  bool: "boolean",
  int: "number",
  int32: "number",
  int64: "number",
  float64: "number",
  bytes: "string",
  "interface{}": "unknown",
};

function fileOf(fullName: string): string {
  const pkg = fullName.slice(0, fullName.lastIndexOf("."));
  const parts = pkg.split("/");
  const last = parts.at(-1) ?? "";
  const before = parts.at(-2) ?? "";
  if (/^v\d/.test(last)) return `${before}/${last}`;
  return `meta/${last}`;
}

function shortName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf(".") + 1);
}

const files = new Map<string, string[]>();
for (const name of Object.keys(table.types)) {
  const file = fileOf(name);
  files.set(file, [...(files.get(file) ?? []), name]);
}

rmSync(out, { recursive: true, force: true });
for (const [file, names] of files) {
  const imports = new Map<string, Set<string>>();
  const use = (fullName: string): string => {
    const wire = wireForms[fullName];
    if (wire && fileOf(fullName) !== file) return wire.includes(" | ") ? `(${wire})` : wire;
    const target = fileOf(fullName);
    if (target === file) return shortName(fullName);
    const set = imports.get(target) ?? new Set<string>();
    set.add(shortName(fullName));
    imports.set(target, set);
    return shortName(fullName);
  };
  const ts = (type: TypeRef): string => {
    if (type.t) return primitives[type.t] ?? "unknown";
    if (type.list) {
      const element = ts(type.list);
      return /[ |]/.test(element) && !element.startsWith("(") ? `(${element})[]` : `${element}[]`;
    }
    if (type.map) return `{ [key: string]: ${ts(type.map)} }`;
    if (type.ref) return table.types[type.ref] ? use(type.ref) : (wireForms[type.ref] ?? "unknown");
    return "unknown";
  };
  const body: string[] = [];
  for (const name of names.sort()) {
    const fact = table.types[name];
    if (!fact) continue;
    const wire = wireForms[name];
    if (fact.type?.ref && shortName(fact.type.ref) === shortName(name)) continue; // core/v1 re-exports meta/v1's List
    if (wire) {
      body.push(`export type ${shortName(name)} = ${wire};`);
    } else if (fact.kind === "alias" && fact.type) {
      const values = (fact.values ?? []).filter((v) => v !== "");
      // An open set: servers accept values that a newer version adds, so the literals only help completion.
      body.push(
        fact.type.t === "string" && values.length > 0
          ? `export type ${shortName(name)} = ${values.map((v) => JSON.stringify(v)).join(" | ")} | (string & {});`
          : `export type ${shortName(name)} = ${ts(fact.type)};`,
      );
    } else {
      const inlined: string[] = [];
      const lines: string[] = [];
      for (const field of fact.fields ?? []) {
        if (field.inline) {
          if (field.type.ref && table.types[field.type.ref]) inlined.push(use(field.type.ref));
        } else if (field.name) {
          // An object without metadata cannot exist in the API; everywhere else Go's omitempty says what may be missing.
          const isMetadata = field.name === "metadata" && !field.pointer;
          const optional = !isMetadata && (field.omitempty || field.pointer || field.optional);
          lines.push(`  ${JSON.stringify(field.name)}${optional ? "?" : ""}: ${ts(field.type)};`);
        }
      }
      const extend = inlined.length > 0 ? ` extends ${inlined.join(", ")}` : "";
      body.push(
        lines.length === 0 && inlined.length === 0
          ? `export type ${shortName(name)} = Record<string, never>;`
          : `export interface ${shortName(name)}${extend} {\n${lines.join("\n")}\n}`,
      );
    }
  }
  const depth = "../".repeat(file.split("/").length - 1);
  const header = [...imports]
    .map(([target, set]) => `import type { ${[...set].sort().join(", ")} } from "${depth}${target}.ts";`)
    .join("\n");
  const path = `${out}/${file}.ts`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `// Generated by scripts/generate-types.ts. Do not edit.\n${header}\n\n${body.join("\n\n")}\n`);
}
