import type { ByteSource } from './byte-source.js';
import { integerOf, nameOf } from './extended-header.js';
import type { ExtendedRecords } from './extended-header.js';
import { TarInvalid, blockSize, number } from './tar-header.js';
import type { RawHeader } from './tar-header.js';

/** Parts of a file that the archive has; between them are zeros. */
export interface SparseMap {
  /** Bytes of the whole file. */
  readonly size: number;
  readonly parts: readonly { readonly start: number; readonly length: number }[];
}

const mostParts = 100_000;
/** A line of a map in GNU's form 1.0. */
const longestLine = 24;

/** How a file's content lies in the archive, of GNU's four forms of sparse files; undefined where it has no holes. @throws TarInvalid */
export async function readSparseMap(
  source: ByteSource,
  header: RawHeader,
  records: ExtendedRecords,
  stored: number,
): Promise<SparseMap | undefined> {
  if (header.flag === 'S')
    return check(await oldMap(source, header), number(header.block, 483, 12, 'size', ''), stored);
  if (records.has('SCHILY.realsize')) throw new TarInvalid("has holes in star's form, which is not supported");
  const [major, minor] = [integerOf(records, 'GNU.sparse.major'), integerOf(records, 'GNU.sparse.minor')];
  const map = nameOf(records, 'GNU.sparse.map');
  const size = integerOf(records, 'GNU.sparse.realsize') ?? integerOf(records, 'GNU.sparse.size');
  if (major === undefined && minor === undefined && map === undefined && size === undefined) return undefined;
  const version = `${major ?? 0n}.${minor ?? (map === undefined ? 0n : 1n)}`;
  if (size === undefined) throw new TarInvalid('has holes, and does not say how large it is');
  if (version === '1.0') {
    const { numbers, bytes } = await mapBefore(source, stored);
    return check(numbers, size, stored - bytes);
  }
  if (version !== '0.0' && version !== '0.1')
    throw new TarInvalid(`has holes in GNU's form ${version}, which is not known`);
  return check(map === undefined ? [] : map.split(',').map(parse), size, stored);
}

/** Four pairs in the header, and 21 in each block that follows. */
async function oldMap(source: ByteSource, { block }: RawHeader): Promise<bigint[]> {
  const numbers: bigint[] = [];
  const take = (from: Buffer, start: number, pairs: number): void => {
    for (let index = 0; index < pairs * 2; index++) {
      const at = start + index * 12;
      if (from[at] === 0) return;
      numbers.push(number(from, at, 12, 'map of its holes', ''));
    }
  };
  take(block, 386, 4);
  for (let more = block[482] !== 0; more;) {
    const next = await source.take(blockSize);
    take(next, 0, 21);
    if (numbers.length > mostParts * 2) throw tooMany();
    more = next[504] !== 0;
  }
  return numbers;
}

/** Lines of digits before the content, filled up to a block: how many parts, then start and length of each. */
async function mapBefore(
  source: ByteSource,
  stored: number,
): Promise<{ readonly numbers: bigint[]; readonly bytes: number }> {
  const numbers: bigint[] = [];
  let wanted = 1;
  let bytes = 0;
  for (let line = ''; numbers.length < wanted;) {
    if (bytes + blockSize > stored) throw new TarInvalid('has a map of its holes that does not end');
    const block = await source.take(blockSize);
    bytes += blockSize;
    for (const character of block.toString('latin1')) {
      if (numbers.length === wanted) break;
      if (character !== '\n') {
        line += character;
        if (line.length > longestLine) throw new TarInvalid('has a map of its holes that cannot be read');
        continue;
      }
      numbers.push(parse(line));
      line = '';
      if (numbers.length > 1) continue;
      if ((numbers[0] ?? 0n) > mostParts) throw tooMany();
      wanted = 1 + 2 * Number(numbers[0]);
    }
  }
  return { numbers: numbers.slice(1), bytes };
}

function check(numbers: readonly bigint[], whole: bigint, stored: number): SparseMap {
  const bad = (): Error => new TarInvalid('has a map of its holes that does not fit its content');
  if (numbers.length % 2 !== 0 || whole < 0n || whole > Number.MAX_SAFE_INTEGER) throw bad();
  const size = Number(whole);
  const parts: { start: number; length: number }[] = [];
  let [end, content] = [0n, 0n];
  for (let index = 0; index < numbers.length; index += 2) {
    const [start = -1n, length = -1n] = [numbers[index], numbers[index + 1]];
    if (start < end || length < 0n || start + length > whole) throw bad();
    end = start + length;
    content += length;
    parts.push({ start: Number(start), length: Number(length) });
  }
  if (content !== BigInt(stored)) throw bad();
  return { size, parts };
}

function parse(digits: string): bigint {
  if (!/^\d{1,20}$/.test(digits)) throw new TarInvalid('has a map of its holes that cannot be read');
  return BigInt(digits);
}

function tooMany(): Error {
  return new TarInvalid(`has more than ${mostParts} holes`);
}
