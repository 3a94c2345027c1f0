import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { FakeClock } from '@kubewright/core/testing';
import type { TerminalSize } from '@kubewright/cri-sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execProcess } from './exec-process.js';

const process = {
  terminal: true,
  user: { uid: 0, gid: 0, additionalGids: [] },
  args: ['sh'],
  env: [],
  cwd: '/',
  capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
  noNewPrivileges: true,
};
/** In place of an OCI runtime: says what it finds as soon as it runs, and again for each line of input. */
const program = `#!/bin/sh
: > "$0.started"
found() { stty size; grep -o '"consoleSize":{[^}]*}' "$3"; }
found "$@"
while read -r line && [ "$line" != end ]; do stty size; done
`;

describe.skipIf(globalThis.process.platform !== 'linux')('a command on a terminal', () => {
  let directory: string;
  let clock: FakeClock;
  let output: string;
  const started = (): boolean => existsSync(join(directory, 'runtime.started'));
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'exec-process-'));
    writeFileSync(join(directory, 'runtime'), program, { mode: 0o755 });
    [clock, output] = [new FakeClock(), ''];
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  function run(
    sizes: AsyncIterable<TerminalSize>,
    stdin: AsyncIterable<string>,
    signal = new AbortController().signal,
  ): Promise<number> {
    return execProcess({
      command: [join(directory, 'runtime')],
      containerId: 'c',
      process,
      directory,
      clock,
      signal,
      stdin: Readable.from(stdin),
      sizes,
      onStdout: (chunk) => void (output += chunk.toString()),
      onStderr: () => undefined,
    });
  }

  async function* end(): AsyncGenerator<string> {
    yield 'end\n';
  }

  it('is not started before its client had told the size, and has that from its beginning', async () => {
    const told = Promise.withResolvers<TerminalSize>();
    const exit = run(
      (async function* () {
        yield await told.promise;
      })(),
      end(),
    );
    // Whatever is due without the size has happened when the clock has come to wait.
    while (clock.timers === 0) await setImmediate();
    expect(started()).toBe(false);
    told.resolve({ width: 91, height: 37 });
    expect(await exit).toBe(0);
    expect(output.split('\n').map((line) => line.trim())).toEqual([
      '37 91',
      '"consoleSize":{"width":91,"height":37}',
      '',
    ]);
  });

  it('starts on a usual terminal where its client does not tell, and follows what it tells later', async () => {
    const late = Promise.withResolvers<TerminalSize>();
    const applied = Promise.withResolvers<void>();
    const exit = run(
      (async function* () {
        yield await late.promise;
        // It is asked for the next one when this one was taken.
        applied.resolve();
      })(),
      (async function* () {
        await applied.promise;
        yield 'look\nend\n';
      })(),
    );
    while (clock.timers === 0) await setImmediate();
    await clock.advance(200);
    await expect.poll(() => output).toContain('consoleSize');
    late.resolve({ width: 100, height: 50 });
    expect(await exit).toBe(0);
    expect(output.split('\n').map((line) => line.trim())).toEqual([
      '24 80',
      '"consoleSize":{"width":80,"height":24}',
      '50 100',
      '',
    ]);
  });

  it('has the size that its client told before there was anybody to hear of it', async () => {
    const deaf = `#!/bin/sh
trap '' WINCH
: > "$0.started"
read -r line
trap 'stty size; kill $!; exit 0' WINCH
sleep 100 &
echo ready
wait
`;
    writeFileSync(join(directory, 'runtime'), deaf);
    const late = Promise.withResolvers<TerminalSize>();
    const applied = Promise.withResolvers<void>();
    const exit = run(
      (async function* () {
        yield await late.promise;
        applied.resolve();
      })(),
      (async function* () {
        await applied.promise;
        yield 'go on\n';
      })(),
    );
    while (clock.timers === 0) await setImmediate();
    await clock.advance(200);
    await expect.poll(started).toBe(true);
    late.resolve({ width: 100, height: 50 });
    expect(await exit).toBe(0);
    expect(output.split(/\s+/)).toEqual(['ready', '50', '100', '']);
  });

  it('does not wait where no size can come', async () => {
    expect(await run((async function* () {})(), end())).toBe(0);
    expect(output).toContain('24 80');
  });

  it('is not started for a client that has left', async () => {
    const left = new AbortController();
    const never = Promise.withResolvers<TerminalSize>();
    const exit = run(
      (async function* () {
        yield await never.promise;
      })(),
      end(),
      left.signal,
    );
    while (clock.timers === 0) await setImmediate();
    left.abort(new Error('it left'));
    await expect(exit).rejects.toThrow('it left');
    never.resolve({ width: 1, height: 1 });
    await setImmediate();
    expect(started()).toBe(false);
  });
});
