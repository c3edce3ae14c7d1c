import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { pauseTag, sandboxExecutables, tarOf } from "../../../../../src/agent/runtime/docker/pause/image.ts";
import { pauseProgram } from "../../../../../src/agent/runtime/docker/pause/program.ts";

const words = (code: Uint8Array) =>
  Array.from({ length: code.length / 4 }, (_, index) =>
    new DataView(code.buffer).getUint32(index * 4, true).toString(16),
  );

test("the executables are a few hundred bytes: one header, one segment, the code", () => {
  for (const [architecture, machine] of [
    ["amd64", 0x3e],
    ["arm64", 0xb7],
  ] as const) {
    for (const file of Object.values(sandboxExecutables(architecture))) {
      const view = new DataView(file.buffer);
      expect(file.length).toBeLessThan(500);
      expect([...file.subarray(0, 4)]).toEqual([0x7f, 0x45, 0x4c, 0x46]);
      expect(view.getUint16(18, true)).toBe(machine);
      expect(view.getBigUint64(24, true)).toBe(0x400000n + 120n);
      expect(view.getBigUint64(96, true)).toBe(BigInt(file.length));
    }
    expect(Buffer.from(sandboxExecutables(architecture).pause.subarray(120))).toEqual(
      Buffer.from(pauseProgram(architecture)),
    );
  }
  expect(pauseTag("amd64")).not.toBe(pauseTag("arm64"));
});

// As a disassembler reads it back: mov x9, #0x4002; movk x9, #1, lsl 16; str x9, [sp, #-16]!; ...; b wait.
test("the arm64 code is the one that was read back by a disassembler", () => {
  expect(words(pauseProgram("arm64")).join(" ")).toBe(
    "d2880049 f2a00029 f81f0fe9 d2800000 910003e1 d2800002 d2800103 d28010e8 d4000001 " +
      "910003e0 d2800001 d2800002 d2800103 d2801128 d4000001 7100441f 540000a0 37ffff00 " +
      "d2800000 d2800bc8 d4000001 92800000 d2800001 d2800022 d2800003 d2802088 d4000001 7100001f 54ffff2c 17ffffec",
  );
});

test("the archive is a tar of executable files", () => {
  const archive = tarOf({ pause: new Uint8Array(700), connect: new Uint8Array(1) });
  expect(archive.length).toBe(512 + 1024 + 512 + 512 + 1024);
  for (const [offset, name] of [
    [0, "pause"],
    [1536, "connect"],
  ] as const) {
    const bytes = archive.subarray(offset, offset + 512);
    const header = Buffer.from(bytes).toString("latin1");
    expect(header.slice(0, name.length + 1)).toBe(`${name}\0`);
    expect(header.slice(257, 265)).toBe("ustar\x0000");
    const sum = bytes.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
    expect(Number.parseInt(header.slice(148, 154), 8)).toBe(sum);
  }
});

describe.runIf(process.platform === "linux" && (process.arch === "x64" || process.arch === "arm64"))(
  "the program",
  () => {
    test.each(["SIGTERM", "SIGINT"] as const)("waits, and ends at %s", async (signal) => {
      const folder = await mkdtemp(join(tmpdir(), "kl-pause-"));
      const path = join(folder, "pause");
      await writeFile(path, sandboxExecutables(process.arch === "arm64" ? "arm64" : "amd64").pause, { mode: 0o755 });
      const child = spawn(path);
      const ended = new Promise((resolve) => child.once("exit", (code, by) => resolve([code, by])));
      child.kill("SIGCHLD");
      const early = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 100, "waits"))]);
      expect(early).toBe("waits");
      child.kill(signal);
      expect(await ended).toEqual([0, null]);
      await rm(folder, { recursive: true });
    });
  },
);
