import { SystemClock } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { StatusError } from '@kubewright/api';
import { describe, expect, it } from 'vitest';
import { YamlReader } from './yaml-reader.js';

const long = (user: string): string => `# ${'-'.repeat(3000)}\nuser: ${user}\n`;
const outcome = (work: Promise<string>): Promise<string> =>
  work.catch((error: unknown) => (StatusError.is(error) ? String(error.code) : (error as Error).message));

describe('YamlReader', () => {
  it('reads YAML 1.1, short where it is and long on its thread', async () => {
    await using reader = new YamlReader(new SystemClock());
    expect(await reader.toJson('{a: on, b: [1, 0x10], c: 012}', 'jane')).toBe('{"a":true,"b":[1,16],"c":10}');
    expect(await reader.toJson('', 'jane')).toBe('null');
    const lines = Array.from({ length: 1000 }, (_, n) => `k${n}: yes`).join('\n');
    const value = JSON.parse(await reader.toJson(lines, 'jane')) as Record<string, unknown>;
    expect([Object.keys(value).length, value['k999']]).toEqual([1000, true]);
  });

  it('keeps the loop turning, whatever a text is made of', async () => {
    await using reader = new YamlReader(new SystemClock());
    const texts = [
      '"'.repeat(30_000),
      '\n'.repeat(2_900_000),
      '['.repeat(100_000),
      '- '.repeat(50_000),
      '&a '.repeat(9_000),
    ];
    let turns = 0;
    const done = new AbortController();
    const turning = (async () => {
      while (!done.signal.aborted) {
        await new Promise((resolve) => setImmediate(resolve));
        turns++;
      }
    })();
    const results = await Promise.all(texts.map((text, n) => outcome(reader.toJson(text, `user-${n}`))));
    done.abort();
    await turning;
    expect(results.map((result) => result.slice(0, 30))).toEqual([
      'Unexpected double-quoted-scala',
      'the text has more than 400000 ',
      'Maximum call stack size exceed',
      expect.any(String),
      expect.any(String),
    ]);
    // A loop that is held for a text turns a few times for each.
    expect(turns).toBeGreaterThan(200);
  }, 60_000);

  it('refuses what its aliases make too large', async () => {
    await using reader = new YamlReader(new SystemClock());
    const value = 'x'.repeat(100_000);
    const text = `a: &a ${value}\nb: [${Array(95).fill('*a').join(', ')}]\n`;
    expect(await outcome(reader.toJson(text, 'jane'))).toContain('too large once its aliases are followed');
    expect(await outcome(reader.toJson(long('x'), 'jane'))).toBe('{"user":"x"}');
  });

  it('gives up a text that takes too long, and goes on with the next', async () => {
    const clock = new FakeClock();
    await using reader = new YamlReader(clock);
    const late = outcome(reader.toJson('a: 1\n'.repeat(50_000), 'eve'));
    await clock.advance(10_000);
    expect(await late).toBe('parsing the text took more than 10 s');
    expect(await reader.toJson(long('jane'), 'jane')).toBe('{"user":"jane"}');
  });

  it('takes the users in turn, and only so many texts of one', async () => {
    await using reader = new YamlReader(new SystemClock());
    const order: string[] = [];
    const ask = (user: string): Promise<string> =>
      outcome(
        reader.toJson(long(user), user).then((json) => {
          order.push(user);
          return json;
        }),
      );
    const asked = [...Array.from({ length: 6 }, () => ask('eve')), ask('jane')];
    expect((await Promise.all(asked)).filter((answer) => answer === '429')).toHaveLength(1);
    expect(order.indexOf('jane')).toBeLessThanOrEqual(2);
  });

  it('rejects what waits when it is closed', async () => {
    const reader = new YamlReader(new SystemClock());
    const waiting = ['a', 'b'].map((user) => outcome(reader.toJson(long(user), user)));
    await reader[Symbol.asyncDispose]();
    expect(await Promise.all(waiting)).toEqual(['the server stops', 'the server stops']);
  });
});
