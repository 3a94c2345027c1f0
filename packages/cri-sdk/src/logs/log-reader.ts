import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '@kubewright/core';
import { parseRecord } from './log-line.js';
import type { LogRecord } from './log-line.js';

const newline = 0x0a;
const chunkSize = 64 * 1024;
/** A line of the file that is longer than this is taken as damage and given up. */
const longestLine = 1024 * 1024;
/** How often a log that is followed is looked at, in milliseconds. */
const defaultInterval = 200;

export interface ReadLogOptions {
  /** Only records from this time on, as RFC 3339. */
  readonly since?: string;
  /** Goes on at the end of the file, also over rotations, until the signal aborts or this says that nothing more comes. */
  readonly follow?: { readonly clock: Clock; readonly ended?: () => Promise<boolean>; readonly interval?: number };
  /** Ends the reading; no error comes of it. */
  readonly signal?: AbortSignal;
}

/** The records of a log, oldest first. Lines that are no records are left out: a crash may leave half a line. */
export async function* readLog(path: string, options: ReadLogOptions = {}): AsyncGenerator<LogRecord> {
  const since = options.since === undefined ? undefined : Date.parse(options.since);
  for await (const line of readLines(path, options)) {
    const record = tryParse(line);
    if (record !== undefined && (since === undefined || Date.parse(record.time) >= since)) yield record;
  }
}

async function* readLines(path: string, { follow, signal }: ReadLogOptions): AsyncGenerator<Buffer> {
  let file = await open(path, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      // Asked before reading, so that what was written before the end is read.
      const last = follow === undefined || ((await follow.ended?.()) ?? false);
      const renewed = follow !== undefined && (await isReplaced(file, path));
      for await (const chunk of chunks(file)) {
        const lines = splitLines(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]));
        rest = lines.rest;
        for (const line of lines.whole) {
          if (signal?.aborted) return;
          yield line;
        }
      }
      if (renewed) {
        const next = await open(path, 'r').catch(() => undefined);
        if (next !== undefined) {
          await file.close();
          file = next;
          rest = Buffer.alloc(0);
          continue;
        }
      }
      if (last) {
        if (rest.length > 0) yield rest;
        return;
      }
      try {
        await follow?.clock.sleep(follow.interval ?? defaultInterval, signal);
      } catch {
        return;
      }
    }
  } finally {
    await file.close();
  }
}

/** From the file's position to its present end. */
async function* chunks(file: FileHandle): AsyncGenerator<Buffer> {
  for (;;) {
    const buffer = Buffer.alloc(chunkSize);
    const { bytesRead } = await file.read(buffer, 0, chunkSize, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

function splitLines(data: Buffer): { readonly whole: readonly Buffer[]; readonly rest: Buffer } {
  const whole: Buffer[] = [];
  let start = 0;
  for (let end = data.indexOf(newline); end !== -1; end = data.indexOf(newline, start)) {
    whole.push(data.subarray(start, end));
    start = end + 1;
  }
  const rest = data.subarray(start);
  return { whole, rest: rest.length > longestLine ? Buffer.alloc(0) : Buffer.from(rest) };
}

/** Whether another file is at the path than the one that is read. Before the new one exists, the old one goes on. */
async function isReplaced(file: FileHandle, path: string): Promise<boolean> {
  const [own, there] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  return there !== undefined && (there.ino !== own.ino || there.dev !== own.dev);
}

function tryParse(line: Buffer): LogRecord | undefined {
  try {
    return parseRecord(line);
  } catch {
    return undefined;
  }
}
