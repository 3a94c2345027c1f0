import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@kubewright/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cniSdkErrors } from '../errors.js';
import { acceptOutput, parseOutput } from './executor.js';
import { ProcessExecutor } from './process-executor.js';

describe.skipIf(process.platform === 'win32')('ProcessExecutor', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'exec-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function script(name: string, body: string): void {
    writeFileSync(join(directory, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(directory, name), 0o755);
  }

  const call = (type: string, stdin = ''): Parameters<ProcessExecutor['execute']>[0] => ({
    type,
    path: ['/nowhere', directory],
    environment: { CNI_COMMAND: 'ADD' },
    stdin,
  });

  it('hands variables and input over and takes both outputs and the code', async () => {
    script('plugin', 'echo "$CNI_COMMAND $CNI_ARGS $HOME"; cat; echo oops >&2; exit 3');
    const executor = new ProcessExecutor({
      environment: { HOME: '/h', PATH: '/bin:/usr/bin', CNI_ARGS: 'of the parent' },
    });
    expect(await executor.execute(call('plugin', '{"a":1}'))).toEqual({
      exitCode: 3,
      stdout: 'ADD  /h\n{"a":1}',
      stderr: 'oops\n',
    });
  });

  it('does not mind a plugin that never reads', async () => {
    script('deaf', 'exit 0');
    expect((await new ProcessExecutor().execute(call('deaf', 'x'.repeat(1_000_000)))).exitCode).toBe(0);
  });

  it.each(['../plugin', 'a/b', '', '.'])('refuses the type %j', async (type) => {
    await expect(new ProcessExecutor().execute(call(type))).rejects.toMatchObject({ cniCode: 7 });
  });

  it('says where it looked for what is not there, or cannot be run', async () => {
    writeFileSync(join(directory, 'text'), '');
    for (const type of ['none', 'text']) {
      await expect(new ProcessExecutor().execute(call(type))).rejects.toThrow(
        `there is no plugin '${type}' in /nowhere:${directory}`,
      );
    }
  });

  it('kills the process when aborted', async () => {
    const file = join(directory, 'pid');
    script('slow', `echo $$ > ${file}.new; mv ${file}.new ${file}; exec sleep 60`);
    const abort = new AbortController();
    const running = new ProcessExecutor().execute(call('slow'), abort.signal);
    while (!existsSync(file)) await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('aborted');
    const pid = Number(readFileSync(file, 'utf8'));
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it('ends one that writes too much, whoever else holds its output', async () => {
    // What it leaves behind ends with the directory.
    script('chatty', `setsid sh -c 'while [ -e ${directory}/chatty ]; do sleep 0.05; done' & exec cat /dev/zero`);
    await expect(new ProcessExecutor().execute(call('chatty'))).rejects.toThrow(cniSdkErrors.OUTPUT_TOO_LARGE.code);
  });

  it('survives that it has no free descriptor', async () => {
    script('plugin', 'exit 0');
    const taken: number[] = [];
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    } catch {
      await expect(new ProcessExecutor().execute(call('plugin'))).rejects.toMatchObject({ code: 'EMFILE' });
    } finally {
      for (const descriptor of taken) closeSync(descriptor);
    }
    expect((await new ProcessExecutor().execute(call('plugin'))).exitCode).toBe(0);
  });

  it('tries again while the executable is being written', async () => {
    const clock = new FakeClock();
    script('busy', 'echo done');
    const writing = openSync(join(directory, 'busy'), 'r+');
    const running = new ProcessExecutor({ clock }).execute(call('busy'));
    while (clock.timers === 0) await new Promise((resolve) => setImmediate(resolve));
    closeSync(writing);
    await clock.advance(1000);
    expect((await running).stdout).toBe('done\n');
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('parseOutput', () => {
  it('takes null for an empty object, and blames the plugin for what is none', () => {
    expect(parseOutput('p', 'null')).toEqual({});
    for (const text of ['', '{', '[]', '7']) {
      expect(() => parseOutput('p', text)).toThrow("what plugin 'p' printed is no JSON object");
    }
  });
});

describe('acceptOutput', () => {
  it('makes an error of what the plugin said, wherever it said it', () => {
    const failed =
      (stdout: string, stderr = ''): (() => unknown) =>
      () =>
        acceptOutput('p', { exitCode: 1, stdout, stderr });
    expect(failed('{"code":11,"msg":"later","details":"d"}')).toThrow('later: d');
    expect(failed('', 'segfault\n')).toThrow("plugin 'p' ended with 1: segfault");
    expect(failed('not json')).toThrow('not json');
    expect(failed('')).toThrow('it said nothing');
  });
});
