/**
 * Writes src/machinery/schema/descriptions-1.36.json: what Kubernetes says of each type and field, for /openapi and explain.
 * Taken from the models of @kubernetes/client-node (Apache-2.0), which carry the texts of Kubernetes' own OpenAPI document.
 * Run with `npm run generate` after the client or the table of types changes; the result is committed.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";

const root = new URL("..", import.meta.url).pathname;
const models = `${root}node_modules/@kubernetes/client-node/dist/gen/models`;
const table = JSON.parse(readFileSync(`${root}src/machinery/schema/kubernetes-1.36.json`, "utf8")) as {
  types: Record<string, { kind: string }>;
};

/** "k8s.io/api/core/v1.PodSpec" → the model's file: V1PodSpec, or CoreV1Event where the name alone would be ambiguous. */
function modelOf(goName: string): string | undefined {
  const [, group = "", version = "", name = ""] = /([^/]+)\/([^/.]+)\.(\w+)$/.exec(goName) ?? [];
  const upper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
  for (const model of [`${upper(group)}${upper(version)}${name}`, `${upper(version)}${name}`]) {
    if (existsSync(`${models}/${model}.d.ts`)) return model;
  }
  return undefined;
}

function textOf(comment: string): string {
  const lines = comment.split("\n").map((line) => line.replace(/^\s*\*? ?/, ""));
  // The generator of the client escaped quotes and the end of comments.
  return lines
    .join("\n")
    .trim()
    .replace(/\\(["'])/g, "$1")
    .replaceAll("*_/", "*/");
}

const descriptions: Record<string, Record<string, string>> = {};
let fields = 0;
for (const [goName, fact] of Object.entries(table.types)) {
  const model = fact.kind === "struct" ? modelOf(goName) : undefined;
  if (model === undefined) continue;
  const source = readFileSync(`${models}/${model}.d.ts`, "utf8");
  // Fields whose names are no identifiers are renamed in the client; its maps know what they are called in JSON.
  const code = readFileSync(`${models}/${model}.js`, "utf8");
  const wireNames = new Map(
    [...code.matchAll(/"name": "([^"]+)",\s*"baseName": "([^"]+)"/g)].map(([, name, wire]) => [name, wire]),
  );
  const texts: Record<string, string> = {};
  const about = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export declare class/.exec(source)?.[1];
  if (about !== undefined) texts[""] = textOf(about);
  for (const [, comment = "", name = ""] of source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*'([^']+)'\??:/g)) {
    texts[wireNames.get(name) ?? name] = textOf(comment);
    fields++;
  }
  descriptions[goName] = texts;
}

const compressed = brotliCompressSync(JSON.stringify(descriptions), {
  params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
});
const about =
  'Descriptions of Kubernetes\' types and fields: JSON by Go name and field ("" is the type itself), brotli, base64.';
writeFileSync(
  `${root}src/machinery/schema/descriptions-1.36.json`,
  `${JSON.stringify({ about, brotli: compressed.toString("base64") }, undefined, 2)}\n`,
);
console.log(`${Object.keys(descriptions).length} types, ${fields} fields, ${compressed.length} bytes`);
