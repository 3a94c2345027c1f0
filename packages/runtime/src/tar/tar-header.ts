/** Bytes of a header, and what content is filled up to. */
export const blockSize = 512;

/** What cannot be read, with the name of the member where it is known; the message ends a sentence about it. */
export class TarInvalid extends Error {
  readonly entry: string;

  constructor(reason: string, entry = '') {
    super(reason);
    this.entry = entry;
  }
}

export type TarType = 'file' | 'link' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';

/** Nanoseconds count forward from the seconds, also before 1970. */
export interface TarTime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/** A member. Numbers are as the archive says, which may be more than a file system takes. */
export interface TarHeader {
  readonly name: string;
  readonly type: TarType;
  /** Of links: where they lead. */
  readonly linkName: string;
  /** Rights alone. */
  readonly mode: number;
  readonly uid: bigint;
  readonly gid: bigint;
  readonly modified: TarTime;
  readonly major: bigint;
  readonly minor: bigint;
  /** Bytes of the file once its holes are filled; 0 for what is no file. */
  readonly size: number;
  /** Extended attributes by name. */
  readonly attributes: ReadonlyMap<string, Buffer>;
}

/** A header as it stands in its block. */
export interface RawHeader extends Omit<TarHeader, 'type' | 'attributes' | 'modified' | 'size'> {
  /** The character of its type. */
  readonly flag: string;
  readonly size: bigint;
  readonly seconds: bigint;
  readonly block: Buffer;
}

const isZero = (byte: number): boolean => byte === 0;

/** Undefined for the block of zeros that ends an archive. @throws TarInvalid */
export function readHeader(block: Buffer): RawHeader | undefined {
  if (block.every(isZero)) return undefined;
  if (!hasItsSum(block)) throw new TarInvalid('its header has a wrong sum');
  const prefix = text(block, 345, prefixLength(block));
  const name = text(block, 0, 100);
  const at = (start: number, length: number, what: string): bigint => number(block, start, length, what, name);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    flag: String.fromCharCode(block[156] ?? 0),
    linkName: text(block, 157, 100),
    mode: Number(at(100, 8, 'mode') & 0o7777n),
    uid: at(108, 8, 'user'),
    gid: at(116, 8, 'group'),
    size: at(124, 12, 'size'),
    seconds: at(136, 12, 'time'),
    major: at(329, 8, 'device'),
    minor: at(337, 8, 'device'),
    block,
  };
}

/** GNU's headers have other things where POSIX's have the beginning of a long name. */
function prefixLength(block: Buffer): number {
  if (block.toString('latin1', 257, 263) !== 'ustar\0') return 0;
  return block.toString('latin1', 508, 512) === 'tar\0' ? 131 : 155;
}

/** Old archives have the sum of signed bytes. */
function hasItsSum(block: Buffer): boolean {
  let unsigned = 0;
  let signed = 0;
  for (let index = 0; index < blockSize; index++) {
    const byte = index >= 148 && index < 156 ? 0x20 : (block[index] ?? 0);
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const said = number(block, 148, 8, 'sum', '');
  return said === BigInt(unsigned) || said === BigInt(signed);
}

export function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('latin1', 0, end === -1 ? length : end);
}

/** Octal digits, or bytes of a two's complement where there are more than fit. */
export function number(block: Buffer, start: number, length: number, what: string, entry: string): bigint {
  const first = block[start] ?? 0;
  if ((first & 0x80) !== 0) {
    // The bit that marks this form is none of the number; the one behind it is its sign.
    const bits = BigInt(length * 8 - 1);
    return BigInt.asIntN(Number(bits), BigInt(`0x${block.toString('hex', start, start + length)}`));
  }
  const digits = text(block, start, length).trim();
  if (digits === '') return 0n;
  if (!/^[0-7]+$/.test(digits)) throw new TarInvalid(`its header has a ${what} that is no number`, entry);
  return BigInt(`0o${digits}`);
}
