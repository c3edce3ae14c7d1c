/**
 * The program of the sandbox container, as machine code. It holds the pod's namespaces open, so it has little to do:
 * block SIGINT, SIGTERM and SIGCHLD and wait for them; reap every child that has ended (with a shared process namespace it
 * is PID 1 of the whole pod), and exit at SIGINT or SIGTERM. Blocked signals reach PID 1 even without handlers.
 *
 *     sigprocmask(SIG_BLOCK, {INT, TERM, CHLD})
 *   wait:  signal = sigtimedwait(...); if signal == SIGCHLD goto reap; if signal < 0 goto wait; exit_group(0)
 *   reap:  if wait4(-1, NULL, WNOHANG, NULL) > 0 goto reap; goto wait
 */

const SIGCHLD = 17;
/** Bit n-1 stands for signal n: SIGINT 2, SIGTERM 15, SIGCHLD 17. */
const MASK = (1 << 1) | (1 << 14) | (1 << 16);

export function pauseProgram(architecture: "amd64" | "arm64"): Uint8Array {
  return architecture === "amd64" ? amd64() : arm64();
}

/** A place to jump to, or one byte that is the distance to it (x86's short jumps). */
type Piece = readonly number[] | { readonly at: string } | { readonly jump: number; readonly to: string };

function amd64(): Uint8Array {
  const syscall = [0x0f, 0x05];
  const pieces: readonly Piece[] = [
    [0x68, ...littleEndian(MASK, 4)], //        push MASK
    [0x31, 0xff], //                            xor edi, edi        SIG_BLOCK
    [0x48, 0x89, 0xe6], //                      mov rsi, rsp
    [0x31, 0xd2], //                            xor edx, edx
    [0x6a, 0x08, 0x41, 0x5a], //                push 8; pop r10
    [0x6a, 14, 0x58, ...syscall], //            rt_sigprocmask
    { at: "wait" },
    [0x48, 0x89, 0xe7], //                      mov rdi, rsp
    [0x31, 0xf6, 0x31, 0xd2], //                xor esi, esi; xor edx, edx
    [0x6a, 0x08, 0x41, 0x5a], //                push 8; pop r10
    [0xb8, ...littleEndian(128, 4), ...syscall], // rt_sigtimedwait
    [0x83, 0xf8, SIGCHLD], //                   cmp eax, SIGCHLD
    { jump: 0x74, to: "reap" }, //              je reap
    [0x85, 0xc0], //                            test eax, eax
    { jump: 0x78, to: "wait" }, //              js wait
    [0x31, 0xff], //                            xor edi, edi
    [0xb8, ...littleEndian(231, 4), ...syscall], // exit_group
    { at: "reap" },
    [0x6a, 0xff, 0x5f], //                      push -1; pop rdi
    [0x31, 0xf6], //                            xor esi, esi
    [0x6a, 0x01, 0x5a], //                      push WNOHANG; pop rdx
    [0x45, 0x31, 0xd2], //                      xor r10d, r10d
    [0x6a, 61, 0x58, ...syscall], //            wait4
    [0x85, 0xc0], //                            test eax, eax
    { jump: 0x7f, to: "reap" }, //              jg reap
    { jump: 0xeb, to: "wait" }, //              jmp wait
  ];
  const places = new Map<string, number>();
  let offset = 0;
  for (const piece of pieces) {
    if ("at" in piece && typeof piece.at === "string") places.set(piece.at, offset);
    else offset += "jump" in piece ? 2 : (piece as readonly number[]).length;
  }
  const code: number[] = [];
  for (const piece of pieces) {
    if ("jump" in piece) code.push(piece.jump, ((places.get(piece.to) ?? 0) - (code.length + 2)) & 0xff);
    else if (!("at" in piece && typeof piece.at === "string")) code.push(...(piece as readonly number[]));
  }
  return Uint8Array.from(code);
}

function arm64(): Uint8Array {
  const movz = (register: number, value: number) => (0xd2800000 | (value << 5) | register) >>> 0;
  const stackPointerTo = (register: number) => (0x910003e0 | register) >>> 0;
  const compareW0 = (value: number) => (0x7100001f | (value << 10)) >>> 0;
  const syscall = (number: number) => [movz(8, number), 0xd4000001];
  const branchIf = (condition: number, from: number, to: number) =>
    (0x54000000 | (((to - from) & 0x7ffff) << 5) | condition) >>> 0;
  const branch = (from: number, to: number) => (0x14000000 | ((to - from) & 0x3ffffff)) >>> 0;
  const branchIfNegativeW0 = (from: number, to: number) => (0x37f80000 | (((to - from) & 0x3fff) << 5)) >>> 0;

  const words: number[] = [
    movz(9, MASK & 0xffff),
    (0xf2a00000 | ((MASK >>> 16) << 5) | 9) >>> 0, // movk x9, MASK >> 16, lsl 16
    0xf81f0fe9, //                                    str x9, [sp, -16]!
    movz(0, 0),
    stackPointerTo(1),
    movz(2, 0),
    movz(3, 8),
    ...syscall(135), //                               rt_sigprocmask
  ];
  const wait = words.length;
  words.push(stackPointerTo(0), movz(1, 0), movz(2, 0), movz(3, 8), ...syscall(137)); // rt_sigtimedwait
  words.push(compareW0(SIGCHLD));
  // Past this branch, the one on negative results, and the four words of the exit.
  const reap = words.length + 5;
  words.push(branchIf(0x0, words.length, reap));
  words.push(branchIfNegativeW0(words.length, wait));
  words.push(movz(0, 0), ...syscall(94)); //          exit_group
  words.push(0x92800000, movz(1, 0), movz(2, 1), movz(3, 0), ...syscall(260)); // wait4(-1, 0, WNOHANG, 0)
  words.push(compareW0(0));
  words.push(branchIf(0xc, words.length, reap));
  words.push(branch(words.length, wait));
  return Uint8Array.from(words.flatMap((word) => littleEndian(word, 4)));
}

function littleEndian(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, index) => (value >>> (8 * index)) & 0xff);
}
