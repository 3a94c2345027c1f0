import { readFileSync, readdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { PseudoTerminal } from '../streams/pseudo-terminal.js';
import { spawnProcess } from './spawn-process.js';
import type { SpawnOptions, SpawnedProcess } from './spawn-process.js';

const environment = { PATH: process.env['PATH'], GREETING: 'hello', ABSENT: undefined };
const shell = (script: string, options: Partial<SpawnOptions> = {}): SpawnedProcess =>
  spawnProcess('sh', ['-c', script, 'sh', 'two words'], { environment, ...options });
const outputOf = async ({ stdout, stderr, exited }: SpawnedProcess) => {
  if (stdout === undefined || stderr === undefined) throw new Error('there are no pipes');
  return [await text(stdout), await text(stderr), await exited];
};

describe.skipIf(process.platform !== 'linux')('spawnProcess', () => {
  it('passes words, variables and input on, and gives both outputs and the exit code', async () => {
    const child = shell('read line; echo "$1 $GREETING ${ABSENT-none} $line"; echo bad >&2; exit 7', { input: true });
    child.stdin?.end('typed\n');
    expect(await outputOf(child)).toEqual(['two words hello none typed\n', 'bad\n', 7]);
  });

  it('gives an empty input unless told otherwise', async () => {
    expect(await outputOf(shell('cat; echo end'))).toEqual(['end\n', '', 0]);
  });

  it('tells of a signal as shells do, and keeps none ignored', async () => {
    const child = shell('grep SigIgn /proc/self/status; kill -KILL $$');
    expect(await outputOf(child)).toEqual(['SigIgn:\t0000000000000000\n', '', 137]);
  });

  it('leads a session where it is told to', async () => {
    const child = shell('cut -d" " -f5,6 /proc/$$/stat', { session: true });
    expect(await outputOf(child)).toEqual([`${child.pid} ${child.pid}\n`, '', 0]);
  });

  it('may have only a descriptor on which it reports', async () => {
    const child = shell('echo dropped && echo dropped >&2 && echo well >&3', { outputs: false, report: true });
    if (child.report === undefined) throw new Error('there is no pipe');
    expect([await text(child.report), await child.exited, child.stdout]).toEqual(['well\n', 0, undefined]);
  });

  it('may have a terminal', async () => {
    using terminal = new PseudoTerminal();
    terminal.resize({ width: 91, height: 37 });
    const child = shell('test -t 0 && test -t 2 && stty size', { terminal: terminal.programEnd });
    const [chunk] = await Promise.all([new Promise((resolve) => terminal.stream.once('data', resolve)), child.exited]);
    expect([String(chunk).trim(), child.stdout]).toEqual(['37 91', undefined]);
  });

  it('says that there is no such program, and leaves nothing open', async () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    expect(() => spawnProcess('no-such-program', [], { environment, input: true })).toThrow(/ENOENT/);
    await outputOf(shell('true'));
    await expect.poll(open).toBe(before);
    const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
    expect(children.split(' ').filter((pid) => pid !== '' && isZombie(pid))).toEqual([]);
  });
});

function isZombie(pid: string): boolean {
  return /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}
