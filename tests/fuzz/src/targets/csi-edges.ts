import type { Choices } from '../generate.js';

/** Values of CSI requests at which mistakes are made: where ranges end, doubles stop counting, and names are no file names. */
const edges = [0n, 1n, -1n, (1n << 53n) - 1n, 1n << 53n, (1n << 53n) + 1n, (1n << 63n) - 1n, -(1n << 63n)] as const;
const names = [
  'a\0b',
  'bell\u0007',
  'delete\u007f',
  'next\u0085line',
  'tab\tand\nline',
  '../../etc/passwd',
  'a/b',
  '.',
  '..',
  'é'.repeat(64),
  'é'.repeat(65),
  'x'.repeat(128),
  'x'.repeat(129),
  '__proto__',
  'ephemeral/csi-1',
  '${pvc.name}',
  '\ud83d\ude00',
] as const;

/** An end of a range of sizes. */
export function edgeOfSize(choices: Choices): bigint {
  return choices.of(edges);
}

/** A name for something new. */
export function edgeOfName(choices: Choices): string {
  return choices.of(names);
}

/** Whether CSI lets a caller choose this name: the oracle for the generator. */
export function isAllowedName(name: string): boolean {
  const banned = [...name].some((character) => {
    const code = character.codePointAt(0) ?? 0;
    const isSpace = code === 0x09 || code === 0x0a || code === 0x0d;
    return (code < 0x20 && !isSpace) || (code >= 0x7f && code <= 0x9f);
  });
  return !banned && name !== '' && Buffer.byteLength(name) <= 128;
}

/** Whether a range of sizes is one. */
export function isAllowedRange(requiredBytes: bigint, limitBytes: bigint): boolean {
  if (requiredBytes < 0n || limitBytes < 0n || (requiredBytes === 0n && limitBytes === 0n)) return false;
  return limitBytes === 0n || limitBytes >= requiredBytes;
}
