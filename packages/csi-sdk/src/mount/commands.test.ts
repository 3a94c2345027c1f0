import { SystemClock } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { SystemCommands } from './commands.js';

const commands = new SystemCommands(new SystemClock());

describe('SystemCommands', () => {
  it('hands arguments over as they are', async () => {
    const { output } = await commands.run('printf', ['%s', '$(id); `id` *']);
    expect(output).toBe('$(id); `id` *');
  });

  it('says how a program failed, and which statuses are answers', async () => {
    await expect(commands.run('sh', ['-c', 'echo broken >&2; exit 3'])).rejects.toThrow('status 3: broken');
    expect((await commands.run('sh', ['-c', 'exit 3'], { accept: [3] })).status).toBe(3);
  });

  it('names a program that is not installed', async () => {
    await expect(commands.run('no-such-program', [])).rejects.toThrow("the program 'no-such-program' is not installed");
  });

  it('kills what does not end in time, or is no longer wanted', async () => {
    const clock = new FakeClock();
    const late = new SystemCommands(clock).run('sleep', ['1000'], { deadline: 50 });
    const expected = expect(late).rejects.toThrow('did not end within 50 ms');
    await clock.advance(50);
    await expected;
    const stop = new AbortController();
    const running = commands.run('sleep', ['1000'], { signal: stop.signal });
    stop.abort(new Error('not wanted'));
    await expect(running).rejects.toThrow('not wanted');
  });
});
