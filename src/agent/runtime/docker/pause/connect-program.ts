/**
 * `/connect PORT`, the second program of the sandbox's image, as machine code: a connection to 127.0.0.1:PORT in the
 * pod's own network namespace, copied from stdin and to stdout. It is how port-forward reaches what listens on loopback
 * only, and pods whose addresses cannot be reached from this host. One byte on stderr says that it is connected;
 * exit code 1 that it could not.
 *
 *   connect; write(2, any byte, 1)
 *   loop: poll({stdin, socket})
 *         stdin ready:  copy to the socket; at its end shutdown(socket, SHUT_WR) and look at it no more
 *         socket ready: copy to stdout; at its end exit_group(0)
 */
import { assembleAmd64, assembleArm64, littleEndian, movz, svc } from "./assembler.ts";

const BUFFER = 16_384;

export function connectProgram(architecture: "amd64" | "arm64"): Uint8Array {
  return architecture === "amd64" ? amd64() : arm64();
}

/** rbx: the socket; rbp: two pollfd; the buffer at rsp; copy: from edi to r13d, what read or write returned in eax. */
function amd64(): Uint8Array {
  const syscall = [0x0f, 0x05];
  return assembleAmd64([
    [0x48, 0x8b, 0x74, 0x24, 0x10], //           mov rsi, [rsp+16]   argv[1]
    [0x31, 0xc0], //                             xor eax, eax
    { label: "digit" },
    [0x0f, 0xb6, 0x0e, 0x48, 0xff, 0xc6], //     movzx ecx, byte [rsi]; inc rsi
    [0x83, 0xe9, 0x30], //                       sub ecx, '0'
    { opcode: [0x78], to: "parsed", bytes: 1 }, // js parsed
    [0x6b, 0xc0, 0x0a, 0x01, 0xc8], //           imul eax, eax, 10; add eax, ecx
    { opcode: [0xeb], to: "digit", bytes: 1 },
    { label: "parsed" },
    [0x86, 0xc4, 0xc1, 0xe0, 0x10], //           xchg al, ah; shl eax, 16
    [0x83, 0xc8, 0x02], //                       or eax, AF_INET
    [0xb9, 0x7f, 0x00, 0x00, 0x01], //           mov ecx, 127.0.0.1
    [0x48, 0xc1, 0xe1, 0x20, 0x48, 0x09, 0xc8], // shl rcx, 32; or rax, rcx
    [0x6a, 0x00, 0x50], //                       push 0; push rax    sockaddr_in
    [0x6a, 0x02, 0x5f, 0x6a, 0x01, 0x5e, 0x31, 0xd2], // AF_INET, SOCK_STREAM, 0
    [0x6a, 41, 0x58, ...syscall], //             socket
    [0x89, 0xc3], //                             mov ebx, eax
    [0x89, 0xdf, 0x48, 0x89, 0xe6, 0x6a, 0x10, 0x5a], // ebx, rsp, 16
    [0x6a, 42, 0x58, ...syscall], //             connect
    [0x85, 0xc0], //                             test eax, eax
    { opcode: [0x0f, 0x85], to: "fail", bytes: 4 }, // jnz fail
    [0x6a, 0x02, 0x5f, 0x48, 0x89, 0xe6, 0x6a, 0x01, 0x5a], // 2, rsp, 1
    [0x6a, 1, 0x58, ...syscall], //              write
    [0x6a, 0x01, 0x58, 0x48, 0xc1, 0xe0, 0x20], // push POLLIN; pop rax; shl rax, 32
    [0x48, 0x89, 0xc1, 0x48, 0x09, 0xd9], //     mov rcx, rax; or rcx, rbx
    [0x51, 0x50, 0x48, 0x89, 0xe5], //           push rcx; push rax; mov rbp, rsp
    [0x48, 0x81, 0xec, ...littleEndian(BUFFER, 4)], // sub rsp, BUFFER
    { label: "loop" },
    [0x48, 0x89, 0xef, 0x6a, 0x02, 0x5e, 0x6a, 0xff, 0x5a], // rbp, 2, -1
    [0x6a, 7, 0x58, ...syscall], //              poll
    [0x66, 0x83, 0x7d, 0x06, 0x00], //           cmp word [rbp+6], 0
    { opcode: [0x74], to: "socket", bytes: 1 }, // je socket
    [0x31, 0xff, 0x41, 0x89, 0xdd], //           xor edi, edi; mov r13d, ebx
    { opcode: [0xe8], to: "copy", bytes: 4 }, // call copy
    [0x85, 0xc0], //                             test eax, eax
    { opcode: [0x7f], to: "socket", bytes: 1 }, // jg socket
    [0x89, 0xdf, 0x6a, 0x01, 0x5e], //           ebx, SHUT_WR
    [0x6a, 48, 0x58, ...syscall], //             shutdown
    [0x83, 0x4d, 0x00, 0xff], //                 or dword [rbp], -1
    { label: "socket" },
    [0x66, 0x83, 0x7d, 0x0e, 0x00], //           cmp word [rbp+14], 0
    { opcode: [0x74], to: "loop", bytes: 1 },
    [0x89, 0xdf, 0x6a, 0x01, 0x41, 0x5d], //     mov edi, ebx; push 1; pop r13
    { opcode: [0xe8], to: "copy", bytes: 4 },
    [0x85, 0xc0],
    { opcode: [0x7f], to: "loop", bytes: 1 }, // jg loop
    [0x31, 0xff], //                             xor edi, edi
    { opcode: [0xeb], to: "exit", bytes: 1 },
    { label: "fail" },
    [0x6a, 0x01, 0x5f], //                       push 1; pop rdi
    { label: "exit" },
    [0xb8, ...littleEndian(231, 4), ...syscall], // exit_group
    { label: "copy" },
    [0x48, 0x8d, 0x74, 0x24, 0x08], //           lea rsi, [rsp+8]
    [0xba, ...littleEndian(BUFFER, 4), 0x31, 0xc0, ...syscall], // read
    [0x85, 0xc0],
    { opcode: [0x7e], to: "done", bytes: 1 }, // jle done
    [0x41, 0x89, 0xc6, 0x41, 0x89, 0xc7], //     mov r14d, eax; mov r15d, eax
    [0x4c, 0x8d, 0x64, 0x24, 0x08], //           lea r12, [rsp+8]
    { label: "write" },
    [0x44, 0x89, 0xef, 0x4c, 0x89, 0xe6, 0x44, 0x89, 0xfa], // r13d, r12, r15d
    [0x6a, 1, 0x58, ...syscall], //              write
    [0x85, 0xc0],
    { opcode: [0x7e], to: "done", bytes: 1 },
    [0x49, 0x01, 0xc4, 0x41, 0x29, 0xc7], //     add r12, rax; sub r15d, eax
    { opcode: [0x75], to: "write", bytes: 1 }, // jnz write
    [0x44, 0x89, 0xf0], //                       mov eax, r14d
    { label: "done" },
    [0xc3],
  ]);
}

/** w19: the socket; x20: two pollfd; the buffer at sp; copy: from x0 to w21, what read or write returned in w0. */
function arm64(): Uint8Array {
  const socketTo0 = 0x2a1303e0; //   mov w0, w19
  const compare = 0x7100001f; //     cmp w0, 0
  const greater = (to: string) => ({ branch: 0x5400000c, to, bits: 19 }) as const;
  const notGreater = (to: string) => ({ branch: 0x5400000d, to, bits: 19 }) as const;
  return assembleArm64([
    ...[0xf9400be1, movz(0, 0), movz(10, 10)], //            ldr x1, [sp, 16]   argv[1]
    { label: "digit" },
    ...[0x38401422, 0x7100c042], //                          ldrb w2, [x1], 1; subs w2, w2, '0'
    { branch: 0x54000004, to: "parsed", bits: 19 }, //       b.mi parsed
    0x1b0a0800, //                                           madd w0, w0, w10, w2
    { branch: 0x14000000, to: "digit", bits: 26 },
    { label: "parsed" },
    ...[0x5ac00400, 0x53103c00, 0x321f0000], //              rev16 w0; lsl w0, 16; orr w0, AF_INET
    ...[0xd2c00fe2, 0xf2e02002, 0xaa020000], //              x2 = 127.0.0.1 << 32; orr x0, x0, x2
    0xa9bf7fe0, //                                           stp x0, xzr, [sp, -16]!   sockaddr_in
    ...[movz(0, 2), movz(1, 1), movz(2, 0), ...svc(198)], // socket
    0x2a0003f3, //                                           mov w19, w0
    ...[socketTo0, 0x910003e1, movz(2, 16), ...svc(203)], // connect
    { branch: 0x35000000, to: "fail", bits: 19 }, //         cbnz w0, fail
    ...[movz(0, 2), 0x910003e1, movz(2, 1), ...svc(64)], //  write
    ...[0xd2c00020, 0xaa130001, 0xa9bf07e0], //              x0 = POLLIN << 32; x1 = x0 | x19; stp x0, x1, [sp, -16]!
    ...[0x910003f4, 0xd14013ff], //                          mov x20, sp; sub sp, sp, BUFFER
    { label: "loop" },
    ...[0xaa1403e0, movz(1, 2), movz(2, 0), movz(3, 0), movz(4, 0), ...svc(73)], // ppoll
    0x79400e82, //                                           ldrh w2, [x20, 6]
    { branch: 0x34000002, to: "socket", bits: 19 }, //       cbz w2, socket
    ...[movz(0, 0), 0x2a1303f5], //                          mov w21, w19
    { branch: 0x94000000, to: "copy", bits: 26 }, //         bl copy
    compare,
    greater("socket"),
    ...[socketTo0, movz(1, 1), ...svc(210)], //              shutdown
    ...[0x12800002, 0xb9000282], //                          mov w2, -1; str w2, [x20]
    { label: "socket" },
    0x79401e82, //                                           ldrh w2, [x20, 14]
    { branch: 0x34000002, to: "loop", bits: 19 },
    ...[socketTo0, movz(21, 1)],
    { branch: 0x94000000, to: "copy", bits: 26 },
    compare,
    greater("loop"),
    movz(0, 0),
    { branch: 0x14000000, to: "exit", bits: 26 },
    { label: "fail" },
    movz(0, 1),
    { label: "exit" },
    ...svc(94), //                                           exit_group
    { label: "copy" },
    ...[0x910003e1, movz(2, BUFFER), ...svc(63)], //         read
    compare,
    notGreater("done"),
    ...[0x2a0003f6, 0x2a0003f7, 0x910003f8], //              mov w22, w0; mov w23, w0; mov x24, sp
    { label: "write" },
    ...[0x2a1503e0, 0xaa1803e1, 0x2a1703e2, ...svc(64)], //  write(w21, x24, w23)
    compare,
    notGreater("done"),
    ...[0x8b000318, 0x6b0002f7], //                          add x24, x24, x0; subs w23, w23, w0
    { branch: 0x54000001, to: "write", bits: 19 }, //        b.ne write
    0x2a1603e0, //                                           mov w0, w22
    { label: "done" },
    0xd65f03c0, //                                           ret
  ]);
}
