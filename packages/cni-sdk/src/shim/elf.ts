import { requestLimit } from '../daemon/frame.js';
import type { ShimLayout } from './code.js';

export type ShimArchitecture = 'x64' | 'arm64';

/** Machine numbers of the ELF format. */
const machines = { x64: 62, arm64: 183 } as const;
const headerLength = 64;
const programHeaderLength = 56;
const programHeaders = 3;
const baseAddress = 0x400000;
/** Pages are 64 KiB on some arm64 kernels: segments must not share one. */
const bufferAddress = 0x1000000;
const bufferLength = requestLimit;
const loadSegment = 1;
const stackSegment = 0x6474e551;
const permission = { execute: 1, write: 2, read: 4 } as const;
const fileOffset = headerLength + programHeaders * programHeaderLength;

/** Code follows the headers directly; nothing of the file is writable, nothing that is writable can be executed. */
export const shimLayout: ShimLayout = { codeAddress: baseAddress + fileOffset, bufferAddress, bufferLength };

/** A static 64-bit executable of code and zeroed memory. */
export function writeElf(architecture: ShimArchitecture, code: Buffer): Buffer {
  const header = Buffer.alloc(headerLength);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]).copy(header);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(machines[architecture], 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(shimLayout.codeAddress), 24);
  header.writeBigUInt64LE(BigInt(headerLength), 32);
  header.writeUInt16LE(headerLength, 52);
  header.writeUInt16LE(programHeaderLength, 54);
  header.writeUInt16LE(programHeaders, 56);
  const size = fileOffset + code.length;
  return Buffer.concat([
    header,
    segment({
      type: loadSegment,
      flags: permission.read | permission.execute,
      address: baseAddress,
      size,
      memory: size,
    }),
    segment({
      type: loadSegment,
      flags: permission.read | permission.write,
      address: bufferAddress,
      size: 0,
      memory: bufferLength,
    }),
    // Without this the kernel would make the stack executable.
    segment({ type: stackSegment, flags: permission.read | permission.write, address: 0, size: 0, memory: 0 }),
    code,
  ]);
}

function segment(part: { type: number; flags: number; address: number; size: number; memory: number }): Buffer {
  const header = Buffer.alloc(programHeaderLength);
  header.writeUInt32LE(part.type, 0);
  header.writeUInt32LE(part.flags, 4);
  header.writeBigUInt64LE(BigInt(part.address), 16);
  header.writeBigUInt64LE(BigInt(part.address), 24);
  header.writeBigUInt64LE(BigInt(part.size), 32);
  header.writeBigUInt64LE(BigInt(part.memory), 40);
  header.writeBigUInt64LE(BigInt(part.type === loadSegment ? 0x10000 : 16), 48);
  return header;
}
