/** What Kubernetes says of its types and fields. Half a megabyte: loaded only when OpenAPI or explain asks. */
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";

/** By full Go name, then by field; "" is the type itself. */
export type Descriptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Not kept: whoever builds a document from it keeps that. */
export async function loadDescriptions(): Promise<Descriptions> {
  const { default: packed } = await import("./descriptions-1.36.json", { with: { type: "json" } });
  const text = await promisify(brotliDecompress)(Buffer.from(packed.brotli, "base64"));
  return JSON.parse(text.toString("utf8")) as Descriptions;
}
