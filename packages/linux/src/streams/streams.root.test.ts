import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PseudoTerminal } from './pseudo-terminal.js';

describe.skipIf(process.platform !== 'linux')('PseudoTerminal', () => {
  it('joins a program with a stream, and tells it its size', async () => {
    using terminal = new PseudoTerminal();
    terminal.resize({ width: 91, height: 37 });
    const end = terminal.programEnd;
    const child = spawn('sh', ['-c', 'stty size; read line; echo "got $line"'], { stdio: [end, end, end] });
    closeSync(end);
    let text = '';
    terminal.stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const ended = once(terminal.stream, 'end');
    terminal.stream.write('word\n');
    expect(await once(child, 'close')).toEqual([0, null]);
    await ended;
    expect(text).toBe('37 91\ngot word\n');
  });

  it('gives a reader that pauses all that a program printed before it ended', async () => {
    using terminal = new PseudoTerminal();
    const end = terminal.programEnd;
    const child = spawn('sh', ['-c', 'head -c 300000 /dev/zero'], { stdio: [end, end, end] });
    closeSync(end);
    let size = 0;
    const { stream } = terminal;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      stream.pause();
      setImmediate(() => stream.resume());
    });
    await Promise.all([once(stream, 'end'), once(child, 'close')]);
    expect(size).toBe(300_000);
  });
});
