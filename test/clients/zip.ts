import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";

/** Unpacks one deflated file of a zip archive. Enough for the archives npm brings; no zip64, no encryption. */
export async function unzipFile(archive: string, name: string, target: string, mode: number): Promise<void> {
  const handle = await open(archive);
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, 65_557));
    await handle.read(tail, 0, tail.length, size - tail.length);
    const end = tail.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
    if (end < 0) throw new Error(`${archive} is not a zip archive`);
    const directory = Buffer.alloc(tail.readUInt32LE(end + 12));
    await handle.read(directory, 0, directory.length, tail.readUInt32LE(end + 16));
    for (let at = 0; at < directory.length; ) {
      const nameLength = directory.readUInt16LE(at + 28);
      const next = at + 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
      if (directory.toString("utf8", at + 46, at + 46 + nameLength) === name) {
        const local = Buffer.alloc(30);
        const header = directory.readUInt32LE(at + 42);
        await handle.read(local, 0, 30, header);
        const start = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
        const compressed = directory.readUInt32LE(at + 20);
        await pipeline(
          createReadStream(archive, { start, end: start + compressed - 1 }),
          createInflateRaw(),
          createWriteStream(target, { mode }),
        );
        return;
      }
      at = next;
    }
    throw new Error(`${archive} has no ${name}`);
  } finally {
    await handle.close();
  }
}
