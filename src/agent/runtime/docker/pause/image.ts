/**
 * The image of the sandbox container. The agent makes it itself, so that no registry is needed: a file system of two
 * small programs, imported through the engine's API under a tag that changes whenever they do.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { Engine } from "../engine.ts";
import { connectProgram } from "./connect-program.ts";
import { elfExecutable } from "./elf.ts";
import { pauseProgram } from "./program.ts";

/** By their names in the image's root: "pause" is what the container runs, "connect" serves port-forward. */
export function sandboxExecutables(architecture: "amd64" | "arm64"): Readonly<Record<"pause" | "connect", Uint8Array>> {
  return {
    pause: elfExecutable(architecture, pauseProgram(architecture)),
    connect: elfExecutable(architecture, connectProgram(architecture)),
  };
}

/** "kl.local/pause:" and the first digits of the programs' hash. */
export function pauseTag(architecture: "amd64" | "arm64"): string {
  const { pause, connect } = sandboxExecutables(architecture);
  return `kl.local/pause:${createHash("sha256").update(pause).update(connect).digest("hex").slice(0, 12)}`;
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
  if (!present) await importImage(engine, tag, tarOf(sandboxExecutables(architecture)));
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

const BLOCK = 512;

/** A tar archive (POSIX ustar) of executable files. */
export function tarOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const members = Object.entries(files).map(([name, content]) => member(name, content));
  return Buffer.concat([...members, new Uint8Array(2 * BLOCK)]);
}

function member(name: string, content: Uint8Array): Uint8Array {
  const archive = new Uint8Array(BLOCK + Math.ceil(content.length / BLOCK) * BLOCK);
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
  const sum = archive.subarray(0, BLOCK).reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)} `);
  archive.set(content, BLOCK);
  return archive;
}
