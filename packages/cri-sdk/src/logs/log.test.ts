import { appendFile, mkdtemp, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@kubewright/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeRecord, logTime, parseRecord } from './log-line.js';
import { readLog } from './log-reader.js';
import type { ReadLogOptions } from './log-reader.js';
import { LogWriter } from './log-writer.js';
import { rotateLog } from './rotate-log.js';

describe('records of a log', () => {
  const time = logTime(Date.UTC(2026, 0, 2, 3, 4, 5, 6));

  it('are lines with a time, a stream, a tag and the text', () => {
    const record = { time, stream: 'stderr', partial: true, content: Buffer.from('a b') } as const;
    expect(encodeRecord(record).toString()).toBe('2026-01-02T03:04:05.006000000Z stderr P a b\n');
    expect(parseRecord(encodeRecord(record))).toEqual(record);
  });

  it('may have further tags, and no text', () => {
    expect(parseRecord(Buffer.from(`${time} stdout F:x `))).toMatchObject({ partial: false, content: Buffer.alloc(0) });
  });

  it.each(['', 'x', 'yesterday stdout F x', `${time} stdin F x`, `${time} stdout Q x`])('are not %j', (line) => {
    expect(() => parseRecord(Buffer.from(line))).toThrow(/no line of a CRI log/);
  });
});

/** Waits end at once. */
class TickingClock extends FakeClock {
  override async sleep(): Promise<void> {
    await this.advance(1);
  }
}

describe('a log', () => {
  const clock = new FakeClock();
  let directory: string;
  let path: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kw-log-'));
    path = join(directory, '0.log');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const texts = async (options?: ReadLogOptions): Promise<string[]> => {
    const found: string[] = [];
    for await (const { stream, partial, content } of readLog(path, options)) {
      found.push(`${stream} ${partial ? 'P' : 'F'} ${content.toString()}`);
    }
    return found;
  };

  it('holds lines, and parts of lines that are too long or lack their end', async () => {
    const log = await LogWriter.open(path, { clock, lineLimit: 4 });
    await log.write('stdout', Buffer.from('ab'));
    await log.write('stderr', Buffer.from('err\n'));
    await log.write('stdout', Buffer.from('c\nlongest\n\nend'));
    await log.close();
    expect(await texts()).toEqual([
      'stderr F err',
      'stdout F abc',
      'stdout P long',
      'stdout F est',
      'stdout F ',
      'stdout P end',
    ]);
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    await expect(log.write('stdout', Buffer.from('late\n'))).rejects.toThrow(/is closed/);
  });

  it('rotates, and a reader that follows loses nothing', async () => {
    const log = await LogWriter.open(path, { clock });
    await log.write('stdout', Buffer.from('one\n'));
    const reopen = (): Promise<void> => log.reopen();
    const ended = async (): Promise<boolean> => {
      // Each look at the end is one round of the reader: the log changes between rounds.
      rounds++;
      if (rounds === 2) {
        await log.write('stdout', Buffer.from('two\n'));
        expect(await rotateLog(path, { maxBytes: 1, maxFiles: 2, stamp: '1', reopen })).toBe(true);
        await log.write('stdout', Buffer.from('three\n'));
      }
      if (rounds === 3) expect(await rotateLog(path, { maxBytes: 1, maxFiles: 2, stamp: '2', reopen })).toBe(true);
      return rounds === 5;
    };
    let rounds = 0;
    const ticking = new TickingClock();
    expect(await texts({ follow: { clock: ticking, ended } })).toEqual([
      'stdout F one',
      'stdout F two',
      'stdout F three',
    ]);
    expect((await readdir(directory)).sort()).toEqual(['0.log', '0.log.2']);
    await log.close();
  });

  it('keeps its name where it cannot be opened anew, and is not rotated while small', async () => {
    const log = await LogWriter.open(path, { clock });
    await log.write('stdout', Buffer.from('one\n'));
    const failing = { maxBytes: 1, maxFiles: 2, stamp: '1', reopen: () => Promise.reject(new Error('no')) };
    await expect(rotateLog(path, failing)).rejects.toThrow('no');
    expect(await readFile(path, 'utf8')).toContain('one');
    expect(await rotateLog(path, { ...failing, maxBytes: 1_000 })).toBe(false);
    await log.close();
  });

  it('is read from a time on, damaged lines left out, until the signal aborts', async () => {
    await appendFile(
      path,
      '2026-01-01T00:00:00.000000000Z stdout F old\nhalf\n2026-01-02T00:00:00.000000000Z stdout F new\n',
    );
    expect(await texts({ since: '2026-01-01T12:00:00Z' })).toEqual(['stdout F new']);
    const stop = new AbortController();
    const reading = texts({ follow: { clock }, signal: stop.signal });
    while (clock.timers === 0) await new Promise((resolve) => setImmediate(resolve));
    await rename(path, `${path}.1`);
    stop.abort();
    expect(await reading).toEqual(['stdout F old', 'stdout F new']);
  });
});
