/** The smallest static ELF64 executable: one header, one loadable segment, then the code. */

const HEADER = 64;
const PROGRAM_HEADER = 56;
const BASE = 0x400000;
const machine = { amd64: 0x3e, arm64: 0xb7 } as const;

export function elfExecutable(architecture: "amd64" | "arm64", code: Uint8Array): Uint8Array {
  const start = HEADER + PROGRAM_HEADER;
  const file = new Uint8Array(start + code.length);
  const view = new DataView(file.buffer);
  // e_ident: magic, 64 bits, little endian, version 1, System V
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, machine[architecture], true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(BASE + start), true); // entry
  view.setBigUint64(32, BigInt(HEADER), true); // program headers
  view.setUint16(52, HEADER, true);
  view.setUint16(54, PROGRAM_HEADER, true);
  view.setUint16(56, 1, true);
  view.setUint16(58, 64, true);

  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 5, true); // readable, executable
  view.setBigUint64(72, 0n, true);
  view.setBigUint64(80, BigInt(BASE), true);
  view.setBigUint64(88, BigInt(BASE), true);
  view.setBigUint64(96, BigInt(file.length), true);
  view.setBigUint64(104, BigInt(file.length), true);
  view.setBigUint64(112, 0x10000n, true); // 64 KB: the largest page size of arm64
  file.set(code, start);
  return file;
}
