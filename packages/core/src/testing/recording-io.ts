import { PassThrough, Readable, Writable } from 'node:stream';
import type { CommandContext, CommandIo, ReadCommandLine } from '../cli/command.js';
import { loadSettings } from '../config/load-settings.js';
import { silentLogger } from '../logger/logger.js';
import { SystemClock } from '../clock/system-clock.js';
import { SystemRandom } from '../random/system-random.js';

/** The streams of a command under test: remembers what it writes. */
export class RecordingIo implements CommandIo {
  readonly stdin: Readable;
  /** What was written to both streams so far, in order. A test may clear it. */
  written = '';
  readonly stdout = this.#output();
  readonly stderr = this.#output();

  /** @param input - what the command reads; nothing where it is missing. */
  constructor(input?: string) {
    this.stdin = input === undefined ? new PassThrough() : Readable.from([Buffer.from(input)]);
  }

  #output(): Writable {
    return new Writable({
      write: (chunk: Uint8Array, _encoding, done) => {
        this.written += Buffer.from(chunk).toString();
        done();
      },
    });
  }
}

/** What surrounds a command in a test: real clock and random, the streams given, no environment, and nothing that ends it. */
export function commandContext(io: CommandIo, more: Partial<CommandContext> = {}): CommandContext {
  return {
    io,
    logger: silentLogger,
    clock: new SystemClock(),
    random: new SystemRandom(),
    directory: process.cwd(),
    env: {},
    signal: new AbortController().signal,
    ...more,
  };
}

/** Reads words as the program does, without environment and configuration. */
export function readWords(argv: readonly string[]): ReadCommandLine {
  return (table) => {
    const { settings, positionals } = loadSettings(table, { argv, env: {} });
    return { options: settings, positionals };
  };
}
