import { TarInvalid } from './tar-header.js';
import type { TarTime } from './tar-header.js';

/** Records of an extended header by key; values are bytes. */
export type ExtendedRecords = ReadonlyMap<string, Buffer>;

/** Of the keys of GNU's first sparse files there is one record per part: they are joined as its later files have them. */
const sparsePart = /^GNU\.sparse\.(?:offset|numbytes)$/;
const sparseMap = 'GNU.sparse.map';

/** Reads the records of an extended header: `LENGTH KEY=VALUE\n` one after the other. @throws TarInvalid */
export function readExtendedHeader(bytes: Buffer): ExtendedRecords {
  const records = new Map<string, Buffer>();
  const parts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(/^[1-9]\d{0,7}$/.exec(bytes.toString('latin1', at, Math.max(at, space)))?.[0] ?? NaN);
    const end = at + length;
    const equals = bytes.indexOf(0x3d, space);
    if (!(end <= bytes.length) || equals <= space + 1 || equals >= end || bytes[end - 1] !== 0x0a)
      throw new TarInvalid('its extended header cannot be read');
    const key = bytes.toString('latin1', space + 1, equals);
    const value = bytes.subarray(equals + 1, end - 1);
    if (sparsePart.test(key)) parts.push(value.toString('latin1'));
    else records.set(key, value);
    at = end;
  }
  if (parts.length > 0) records.set(sparseMap, Buffer.from(parts.join(','), 'latin1'));
  return records;
}

/** A name of a record; undefined where there is none, and where the record takes none for the header's. */
export function nameOf(records: ExtendedRecords, key: string): string | undefined {
  return records.get(key)?.toString('latin1') || undefined;
}

/** @throws TarInvalid */
export function integerOf(records: ExtendedRecords, key: string): bigint | undefined {
  const value = nameOf(records, key);
  if (value === undefined) return undefined;
  if (!/^-?\d{1,40}$/.test(value)) throw new TarInvalid(`its extended header has a '${key}' that is no number`);
  return BigInt(value);
}

/** Seconds since 1970 with a fraction of any length. @throws TarInvalid */
export function timeOf(records: ExtendedRecords, key: string): TarTime | undefined {
  const value = nameOf(records, key);
  if (value === undefined) return undefined;
  const [, sign, whole, fraction = ''] = /^(-?)(\d{1,18})(?:\.(\d*))?$/.exec(value) ?? [];
  if (whole === undefined) throw new TarInvalid(`its extended header has a '${key}' that is no time`);
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, '0'));
  if (sign !== '-') return { seconds: BigInt(whole), nanoseconds };
  return nanoseconds === 0
    ? { seconds: -BigInt(whole), nanoseconds }
    : { seconds: -BigInt(whole) - 1n, nanoseconds: 1e9 - nanoseconds };
}
