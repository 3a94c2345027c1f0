import { criSdkErrors } from '../errors.js';

export type LogStream = 'stdout' | 'stderr';

/** A record of a log; a line of the container may be several, all but the last of them partial. */
export interface LogRecord {
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  readonly stream: LogStream;
  /** Whether the container's line goes on in the next record of the stream. */
  readonly partial: boolean;
  /** Without a newline. */
  readonly content: Buffer;
}

const space = 0x20;
const newline = 0x0a;

/** A time as the log has it: nine digits of a second, always, so that lines sort. */
export function logTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000000Z');
}

/** The bytes of a record, newline included. */
export function encodeRecord({ time, stream, partial, content }: LogRecord): Buffer {
  return Buffer.concat([Buffer.from(`${time} ${stream} ${partial ? 'P' : 'F'} `), content, Buffer.from([newline])]);
}

/** Reads a line of a log, with or without its newline. @throws LOG_LINE */
export function parseRecord(line: Buffer): LogRecord {
  const bad = (reason: string): Error => criSdkErrors.LOG_LINE({ line: line.toString('utf8', 0, 60), reason });
  const first = line.indexOf(space);
  const second = line.indexOf(space, first + 1);
  const third = line.indexOf(space, second + 1);
  if (first === -1 || second === -1 || third === -1)
    throw bad('a time, a stream and a tag have to come before the text');
  const time = line.toString('latin1', 0, first);
  const stream = line.toString('latin1', first + 1, second);
  // Further tags may follow the first one after a colon.
  const [tag] = line.toString('latin1', second + 1, third).split(':');
  if (Number.isNaN(Date.parse(time))) throw bad(`'${time}' is no time`);
  if (stream !== 'stdout' && stream !== 'stderr') throw bad(`'${stream}' is no stream`);
  if (tag !== 'P' && tag !== 'F') throw bad(`'${tag}' is no tag`);
  const end = line.at(-1) === newline ? line.length - 1 : line.length;
  return { time, stream, partial: tag === 'P', content: line.subarray(third + 1, end) };
}
