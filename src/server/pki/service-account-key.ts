import { generateKeyPair } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/**
 * DIR/sa.key, which signs service account tokens (EC on P-256, PEM of PKCS #8); made on the first start. Whoever replaces
 * it ends every token that was issued before.
 */
export async function ensureServiceAccountKey(directory: string): Promise<string> {
  const file = join(directory, "sa.key");
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const { privateKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // Whole or not at all, whenever the process ends.
  await writeFile(`${file}.new`, pem, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return pem;
}
