import { ByteSource } from './byte-source.js';
import { integerOf, nameOf, readExtendedHeader, timeOf } from './extended-header.js';
import type { ExtendedRecords } from './extended-header.js';
import { readSparseMap } from './sparse-map.js';
import type { SparseMap } from './sparse-map.js';
import { TarInvalid, blockSize, readHeader } from './tar-header.js';
import type { RawHeader, TarHeader, TarType } from './tar-header.js';

/** What is told of other members, and a long name: as other tools, which need no more. */
const largestExtension = 1024 * 1024;
const attributePrefix = 'SCHILY.xattr.';
const types: Readonly<Record<string, TarType>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  S: 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

/** A member of an archive. */
export interface TarMember {
  readonly header: TarHeader;
  /** Its content in order; a number stands for so many zeros. It has to be taken before the next member, or not at all. */
  readonly content: AsyncIterable<Buffer | number>;
}

/** What stands before a member and is about it. */
interface Told {
  records: ExtendedRecords;
  name?: string;
  linkName?: string;
}

/**
 * Reads an archive of POSIX' or GNU's form to its last byte; what comes after its end is passed over. Extended headers are
 * obeyed where they say names, sizes, owners, times, attributes and holes.
 *
 * @throws TarInvalid
 */
export async function* readTar(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember> {
  const source = new ByteSource(bytes);
  try {
    let everywhere: ExtendedRecords = new Map();
    let told: Told = { records: new Map() };
    for (let raw = await nextHeader(source); raw !== undefined; raw = await nextHeader(source)) {
      switch (raw.flag) {
        case 'g':
          everywhere = joined(everywhere, readExtendedHeader(await extension(source, raw)));
          break;
        case 'x':
          told.records = joined(told.records, readExtendedHeader(await extension(source, raw)));
          break;
        case 'L':
          told.name = untilZero(await extension(source, raw));
          break;
        case 'K':
          told.linkName = untilZero(await extension(source, raw));
          break;
        default:
          yield* member(source, raw, { ...told, records: joined(everywhere, told.records) });
          told = { records: new Map() };
      }
    }
    await source.drain();
  } finally {
    await source.close();
  }
}

/** Two blocks of zeros end an archive, or one with nothing behind. */
async function nextHeader(source: ByteSource): Promise<RawHeader | undefined> {
  const block = await source.takeOrEnd(blockSize);
  const header = block && readHeader(block);
  if (block === undefined || header !== undefined) return header;
  const second = await source.takeOrEnd(blockSize);
  if (second !== undefined && readHeader(second) !== undefined) throw new TarInvalid('members follow its end');
  return undefined;
}

async function* member(source: ByteSource, raw: RawHeader, told: Told): AsyncGenerator<TarMember> {
  const { records } = told;
  const name = told.name ?? nameOf(records, 'GNU.sparse.name') ?? nameOf(records, 'path') ?? raw.name;
  try {
    const linkName = told.linkName ?? nameOf(records, 'linkpath') ?? raw.linkName;
    const type = raw.flag === '\0' && name.endsWith('/') ? 'directory' : types[raw.flag];
    if (type === undefined) throw new TarInvalid(`is of the unknown type '${raw.flag}'`);
    const stored = type === 'file' ? sizeOf(integerOf(records, 'size') ?? raw.size) : 0;
    const sparse = type === 'file' ? await readSparseMap(source, raw, records, stored) : undefined;
    const content = new Content(source, sparse ?? { size: stored, parts: [{ start: 0, length: stored }] });
    const header: TarHeader = {
      name,
      type,
      linkName,
      mode: raw.mode,
      uid: integerOf(records, 'uid') ?? raw.uid,
      gid: integerOf(records, 'gid') ?? raw.gid,
      modified: timeOf(records, 'mtime') ?? { seconds: raw.seconds, nanoseconds: 0 },
      major: raw.major,
      minor: raw.minor,
      size: sparse?.size ?? stored,
      attributes: attributesOf(records),
    };
    yield { header, content };
    await content.skip();
  } catch (error) {
    if (!(error instanceof TarInvalid) || error.entry !== '') throw error;
    throw new TarInvalid(error.message, name);
  }
}

/** Bytes that are taken once, and passed over where nobody took them. */
class Content implements AsyncIterable<Buffer | number> {
  readonly #source: ByteSource;
  readonly #map: SparseMap;
  #left: number;
  readonly #padding: number;

  constructor(source: ByteSource, map: SparseMap) {
    this.#source = source;
    this.#map = map;
    this.#left = map.parts.reduce((sum, { length }) => sum + length, 0);
    this.#padding = (blockSize - (this.#left % blockSize)) % blockSize;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer | number> {
    const { size, parts } = this.#map;
    let at = 0;
    for (const { start, length } of parts) {
      if (start > at) yield start - at;
      for (let left = length; left > 0;) {
        const some = await this.#source.some(left);
        this.#left -= some.length;
        left -= some.length;
        yield some;
      }
      at = start + length;
    }
    if (size > at) yield size - at;
  }

  skip(): Promise<void> {
    return this.#source.skip(this.#left + this.#padding);
  }
}

async function extension(source: ByteSource, { size }: RawHeader): Promise<Buffer> {
  const length = sizeOf(size);
  if (length > largestExtension) throw new TarInvalid(`an extended header has more than ${largestExtension} bytes`);
  // It is kept, while what it lies in goes.
  const bytes = Buffer.from(await source.take(length));
  await source.skip((blockSize - (length % blockSize)) % blockSize);
  return bytes;
}

/** Records of the second come before those of the first; together they are no more than one may have. */
function joined(one: ExtendedRecords, other: ExtendedRecords): ExtendedRecords {
  if (one.size === 0) return other;
  if (other.size === 0) return one;
  const both = new Map([...one, ...other]);
  let size = 0;
  for (const [key, value] of both) size += key.length + value.length;
  if (size > largestExtension) throw new TarInvalid(`extended headers have more than ${largestExtension} bytes`);
  return both;
}

function attributesOf(records: ExtendedRecords): ReadonlyMap<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const [key, value] of records)
    if (key.startsWith(attributePrefix)) found.set(key.slice(attributePrefix.length), value);
  return found;
}

function untilZero(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end === -1 ? bytes.length : end);
}

function sizeOf(size: bigint): number {
  if (size < 0n || size > Number.MAX_SAFE_INTEGER) throw new TarInvalid('has a size that nothing can have');
  return Number(size);
}
