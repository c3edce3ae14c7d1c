import { badRequest, requestEntityTooLarge } from "../../machinery/status/errors.ts";
import { bodyLimit } from "./body.ts";

/** YAML 1.1 as Go's sigs.k8s.io/yaml reads it. Loaded when the first client speaks YAML. */
export async function yamlToJson(body: Buffer): Promise<Buffer> {
  const { default: yaml } = await import("yaml");
  let text: string;
  try {
    const value: unknown = yaml.parse(body.toString("utf8"), {
      version: "1.1",
      schema: "yaml-1.1",
      maxAliasCount: 100,
      uniqueKeys: false,
      logLevel: "error",
    });
    // An anchor that contains itself parses, and has no JSON.
    text = JSON.stringify(value) ?? "null";
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(`error converting YAML to JSON: yaml: ${why.split("\n")[0]}`, { cause: error });
  }
  if (text.length > 2 * bodyLimit) throw requestEntityTooLarge(`limit is ${bodyLimit}`);
  return Buffer.from(text, "utf8");
}

export async function toYaml(object: unknown): Promise<string> {
  const { default: yaml } = await import("yaml");
  return yaml.stringify(object, { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0 });
}
