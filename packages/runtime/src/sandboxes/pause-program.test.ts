import { describe, expect, it } from 'vitest';
import { pauseProgram } from './pause-program.js';

describe('pauseProgram', () => {
  it.each([
    ['x64', 62],
    ['arm64', 183],
  ] as const)('is an executable for %s whose one part is the whole file', (architecture, machine) => {
    const program = pauseProgram(architecture);
    expect(program.toString('latin1', 1, 4)).toBe('ELF');
    expect(program.readUInt16LE(18)).toBe(machine);
    expect(program.readBigUInt64LE(24) - program.readBigUInt64LE(64 + 16)).toBe(120n);
    expect(program.readBigUInt64LE(64 + 32)).toBe(BigInt(program.length));
    // What the code hands to the kernel lies behind it, at a multiple of eight.
    expect((program.length - 32) % 8).toBe(0);
    expect(program.readBigUInt64LE(program.length - 32)).toBe(1n);
  });

  it('says where it cannot be made', () => {
    expect(() => pauseProgram('mips')).toThrow(/on mips/);
  });
});
