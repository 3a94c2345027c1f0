import { runtimeErrors } from '../errors.js';

/** Where the program is in memory: any place that the kernel gives to programs. */
const base = 0x400000;
const elfHeader = 64;
const programHeader = 56;
const headers = elfHeader + programHeader;

/** rt_sigaction(SIGCHLD, action), then pause() for good. */
// prettier-ignore
const x64 = Buffer.from([
  0xb8, 13, 0, 0, 0, // mov eax, 13
  0xbf, 17, 0, 0, 0, // mov edi, 17
  0x48, 0x8d, 0x35, 23, 0, 0, 0, // lea rsi, [rip + 23]: behind the code
  0x31, 0xd2, // xor edx, edx
  0x41, 0xba, 8, 0, 0, 0, // mov r10d, 8
  0x0f, 0x05, // syscall
  0xb8, 34, 0, 0, 0, // again: mov eax, 34
  0x0f, 0x05, // syscall
  0xeb, 0xf7, // jmp again
  0, 0, 0, 0,
]);

/** The same, with ppoll() of nothing for pause(). */
// prettier-ignore
const arm64 = Buffer.from(new Uint32Array([
  0xd28010c8, // mov x8, 134
  0xd2800220, // mov x0, 17
  0x10000181, // adr x1, 48: behind the code
  0xd2800002, // mov x2, 0
  0xd2800103, // mov x3, 8
  0xd4000001, // svc 0
  0xd2800928, // again: mov x8, 73
  0xd2800000, // mov x0, 0
  0xd2800001, // mov x1, 0
  0xd2800002, // mov x2, 0
  0xd2800003, // mov x3, 0
  0xd4000001, // svc 0
  0x17fffffa, // b again
  0,
]).buffer);

/** A handler of signals that ignores them (SIG_IGN), without flags, restorer and mask. */
const ignore = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]);

const machines: Partial<Record<NodeJS.Architecture, { readonly code: Buffer; readonly number: number }>> = {
  x64: { code: x64, number: 62 },
  arm64: { code: arm64, number: 183 },
};

/**
 * The first process of a process namespace that a pod shares, as an ELF file. It does nothing; children that are left to it
 * vanish when they end, since it ignores the signal about them. It is made here, so that no image and no package is needed.
 *
 * @throws NOT_SUPPORTED on other machines than x64 and arm64
 */
export function pauseProgram(architecture: NodeJS.Architecture = process.arch): Buffer {
  const machine = machines[architecture];
  if (machine === undefined)
    throw runtimeErrors.NOT_SUPPORTED({ what: `process namespaces that a pod shares, on ${architecture}` });
  const size = headers + machine.code.length + ignore.length;
  const head = Buffer.alloc(headers);
  // 64 bits, little endian, version 1.
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  const executable = 2;
  head.writeUInt16LE(executable, 16);
  head.writeUInt16LE(machine.number, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(BigInt(base + headers), 24);
  head.writeBigUInt64LE(BigInt(elfHeader), 32);
  head.writeUInt16LE(elfHeader, 52);
  head.writeUInt16LE(programHeader, 54);
  head.writeUInt16LE(1, 56);
  // One part of the file is loaded: all of it, to be read and executed.
  const [load, readAndExecute, page] = [1, 5, 0x1000];
  head.writeUInt32LE(load, elfHeader);
  head.writeUInt32LE(readAndExecute, elfHeader + 4);
  head.writeBigUInt64LE(BigInt(base), elfHeader + 16);
  head.writeBigUInt64LE(BigInt(base), elfHeader + 24);
  head.writeBigUInt64LE(BigInt(size), elfHeader + 32);
  head.writeBigUInt64LE(BigInt(size), elfHeader + 40);
  head.writeBigUInt64LE(BigInt(page), elfHeader + 48);
  return Buffer.concat([head, machine.code, ignore]);
}
