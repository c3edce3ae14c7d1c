/**
 * The program of the sandbox container, as machine code. It holds the pod's namespaces open, so it has little to do:
 * block SIGINT, SIGTERM and SIGCHLD and wait for them; reap every child that has ended (with a shared process namespace it
 * is PID 1 of the whole pod), and exit at SIGINT or SIGTERM. Blocked signals reach PID 1 even without handlers.
 *
 *     sigprocmask(SIG_BLOCK, {INT, TERM, CHLD})
 *   wait:  signal = sigtimedwait(...); if signal == SIGCHLD goto reap; if signal < 0 goto wait; exit_group(0)
 *   reap:  if wait4(-1, NULL, WNOHANG, NULL) > 0 goto reap; goto wait
 */
import { assembleAmd64, assembleArm64, littleEndian, movz, svc } from "./assembler.ts";

const SIGCHLD = 17;
/** Bit n-1 stands for signal n: SIGINT 2, SIGTERM 15, SIGCHLD 17. */
const MASK = (1 << 1) | (1 << 14) | (1 << 16);

export function pauseProgram(architecture: "amd64" | "arm64"): Uint8Array {
  return architecture === "amd64" ? amd64() : arm64();
}

function amd64(): Uint8Array {
  const syscall = [0x0f, 0x05];
  return assembleAmd64([
    [0x68, ...littleEndian(MASK, 4)], //         push MASK
    [0x31, 0xff], //                             xor edi, edi        SIG_BLOCK
    [0x48, 0x89, 0xe6], //                       mov rsi, rsp
    [0x31, 0xd2], //                             xor edx, edx
    [0x6a, 0x08, 0x41, 0x5a], //                 push 8; pop r10
    [0x6a, 14, 0x58, ...syscall], //             rt_sigprocmask
    { label: "wait" },
    [0x48, 0x89, 0xe7], //                       mov rdi, rsp
    [0x31, 0xf6, 0x31, 0xd2], //                 xor esi, esi; xor edx, edx
    [0x6a, 0x08, 0x41, 0x5a], //                 push 8; pop r10
    [0xb8, ...littleEndian(128, 4), ...syscall], // rt_sigtimedwait
    [0x83, 0xf8, SIGCHLD], //                    cmp eax, SIGCHLD
    { opcode: [0x74], to: "reap", bytes: 1 }, // je reap
    [0x85, 0xc0], //                             test eax, eax
    { opcode: [0x78], to: "wait", bytes: 1 }, // js wait
    [0x31, 0xff], //                             xor edi, edi
    [0xb8, ...littleEndian(231, 4), ...syscall], // exit_group
    { label: "reap" },
    [0x6a, 0xff, 0x5f], //                       push -1; pop rdi
    [0x31, 0xf6], //                             xor esi, esi
    [0x6a, 0x01, 0x5a], //                       push WNOHANG; pop rdx
    [0x45, 0x31, 0xd2], //                       xor r10d, r10d
    [0x6a, 61, 0x58, ...syscall], //             wait4
    [0x85, 0xc0], //                             test eax, eax
    { opcode: [0x7f], to: "reap", bytes: 1 }, // jg reap
    { opcode: [0xeb], to: "wait", bytes: 1 }, // jmp wait
  ]);
}

function arm64(): Uint8Array {
  return assembleArm64([
    movz(9, MASK & 0xffff),
    (0xf2a00000 | ((MASK >>> 16) << 5) | 9) >>> 0, //     movk x9, MASK >> 16, lsl 16
    0xf81f0fe9, //                                        str x9, [sp, -16]!
    ...[movz(0, 0), 0x910003e1, movz(2, 0), movz(3, 8)], // SIG_BLOCK, sp, NULL, 8
    ...svc(135), //                                       rt_sigprocmask
    { label: "wait" },
    ...[0x910003e0, movz(1, 0), movz(2, 0), movz(3, 8)], // sp, NULL, NULL, 8
    ...svc(137), //                                       rt_sigtimedwait
    (0x7100001f | (SIGCHLD << 10)) >>> 0, //              cmp w0, SIGCHLD
    { branch: 0x54000000, to: "reap", bits: 19 }, //      b.eq reap
    { branch: 0x37f80000, to: "wait", bits: 14 }, //      tbnz w0, 31, wait
    movz(0, 0),
    ...svc(94), //                                        exit_group
    { label: "reap" },
    ...[0x92800000, movz(1, 0), movz(2, 1), movz(3, 0)], // -1, NULL, WNOHANG, NULL
    ...svc(260), //                                       wait4
    0x7100001f, //                                        cmp w0, 0
    { branch: 0x5400000c, to: "reap", bits: 19 }, //      b.gt reap
    { branch: 0x14000000, to: "wait", bits: 26 }, //      b wait
  ]);
}
