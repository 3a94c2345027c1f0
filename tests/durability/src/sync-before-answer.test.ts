import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parseTrace, unsyncedAnswers } from './trace.js';

const hasStrace = spawnSync('strace', ['-V']).status === 0;
const writer = fileURLToPath(new URL('../dist/marking-writer.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'durability-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('invariant 7: a write is answered only after its commit was synced to disk', () => {
  it.skipIf(!hasStrace)('as a system call trace shows (needs strace)', () => {
    const trace = join(folder, 'trace');
    const calls = 'trace=write,pwrite64,fsync,fdatasync';
    const run = spawnSync(
      'strace',
      ['-f', '-y', '-s', '64', '-e', calls, '-o', trace, process.execPath, writer, join(folder, 'data'), '25'],
      { encoding: 'utf8' },
    );
    expect(run.status, run.stderr).toBe(0);
    const events = parseTrace(readFileSync(trace, 'utf8'));
    const answers = events.filter((event) => event.type === 'marker' && event.text.startsWith('answered'));
    expect(answers).toHaveLength(25);
    expect(events.filter((event) => event.type === 'sync').length).toBeGreaterThanOrEqual(25);
    expect(unsyncedAnswers(events)).toEqual([]);
  });

  it('is a check that can fail', () => {
    const line = (call: string): string => `7 ${call}`;
    const ask = line('write(1<pipe:[1]>, "asked 0\\n", 8) = 8');
    const answer = line('write(1<pipe:[1]>, "answered 0\\n", 11) = 11');
    const write = line('pwrite64(9</d/state.db-wal>, "x", 1, 0) = 1');
    const sync = line('fdatasync(9</d/state.db-wal>) = 0');
    const wrong = (...lines: string[]): string[] => unsyncedAnswers(parseTrace(lines.join('\n')));
    expect(wrong(ask, write, sync, answer)).toEqual([]);
    expect(wrong(ask, write, answer, sync)).toEqual(['answered 0']);
    expect(wrong(ask, answer, write, sync)).toEqual(['answered 0']);
    const begun = line('fdatasync(9</d/state.db-wal> <unfinished ...>');
    expect(
      wrong(ask, write, begun, '8 write(1<pipe:[1]>, "answered 0\\n", 11) = 11', line('<... fdatasync resumed>) = 0')),
    ).toEqual(['answered 0']);
  });
});
