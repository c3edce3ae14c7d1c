/**
 * The image of the sandbox container. The agent makes it itself, so that no registry is needed: a file system of one
 * file, imported through the engine's API under a tag that changes whenever the program does.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { Engine } from "../engine.ts";
import { elfExecutable } from "./elf.ts";
import { pauseProgram } from "./program.ts";

export function pauseExecutable(architecture: "amd64" | "arm64"): Uint8Array {
  return elfExecutable(architecture, pauseProgram(architecture));
}

/** "kl.local/pause:" and the first digits of the program's hash. */
export function pauseTag(architecture: "amd64" | "arm64"): string {
  const hash = createHash("sha256").update(pauseExecutable(architecture)).digest("hex");
  return `kl.local/pause:${hash.slice(0, 12)}`;
}

/** Makes the image if the engine does not have it, and returns its tag. */
export async function ensurePauseImage(engine: Engine, architecture: "amd64" | "arm64"): Promise<string> {
  const tag = pauseTag(architecture);
  const present = await engine.call((docker) =>
    docker
      .getImage(tag)
      .inspect()
      .then(
        () => true,
        (error: { statusCode?: number }) => {
          if (error.statusCode === 404) return false;
          throw error;
        },
      ),
  );
  if (!present) await importImage(engine, tag, tarOfOneFile("pause", pauseExecutable(architecture)));
  return tag;
}

async function importImage(engine: Engine, tag: string, archive: Uint8Array): Promise<void> {
  const [repo, version] = tag.split(":");
  await engine.call(async (docker) => {
    const changes = ['ENTRYPOINT ["/pause"]', "USER 65535:65535", 'LABEL io.kl.image="pause"'];
    const progress = await docker.importImage(Readable.from([Buffer.from(archive)]), { repo, tag: version, changes });
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()));
    });
  });
}

/** A tar archive (POSIX ustar) of one executable file. */
export function tarOfOneFile(name: string, content: Uint8Array): Uint8Array {
  const block = 512;
  const archive = new Uint8Array(block + Math.ceil(content.length / block) * block + 2 * block);
  const put = (offset: number, text: string) => archive.set(new TextEncoder().encode(text), offset);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  put(0, name);
  put(100, octal(0o755, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(content.length, 11));
  put(136, octal(0, 11));
  put(148, "        ");
  put(156, "0");
  put(257, "ustar\x0000");
  const sum = archive.subarray(0, block).reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)} `);
  archive.set(content, block);
  return archive;
}
