import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";

/** What a power cut may leave of a file's last, unsynced part: cut short, or with its last pages half written. */
export function tearTail(file: string, random: () => number): void {
  const handle = openSync(file, "r+");
  try {
    const { size } = fstatSync(handle);
    const lost = Math.min(size, Math.floor(random() * 40_000));
    if (random() < 0.5) ftruncateSync(handle, size - lost);
    else {
      const noise = Buffer.from(Uint8Array.from({ length: Math.min(lost, 4096) }, () => random() * 256));
      writeSync(handle, noise, 0, noise.length, size - lost);
    }
  } finally {
    closeSync(handle);
  }
}
