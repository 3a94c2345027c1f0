import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { decodeRequest } from '../daemon/frame.js';
import { InProcessExecutor } from './in-process-executor.js';
import { parseCached } from '../runner/result-cache.js';
import { RecordingPlugin } from '../testing/recording-plugin.js';

const inputs = 10_000;
const random = new SeededRandom(7);
function pick<T>(values: readonly [T, ...T[]]): T {
  return values[Math.floor(random.next() * values.length)] ?? values[0];
}

/** Mostly `usual`, seldom one of the others. */
function seldom<T>(usual: T, ...others: [T, ...T[]]): T {
  return random.next() < 0.03 ? pick(others) : usual;
}

const odd = (): unknown =>
  pick<unknown>([
    null,
    true,
    -1,
    1e21,
    '',
    '../x',
    '10.0.0.1/24',
    'fd00::/64',
    [],
    {},
    [{}],
    { type: '/bin/sh' },
    '\0',
    '$(id)',
  ]);

/** A configuration that is mostly right, so that about half get to the plugin. */
function config(): string {
  const body: Record<string, unknown> = {
    cniVersion: seldom('1.1.0', '0.1.0', '0.2.0', '0.4.0', '1.0.0'),
    name: 'net',
    type: 'recording',
  };
  for (const key of [
    'prevResult',
    'cniVersion',
    'name',
    'ipam',
    'dns',
    'args',
    'runtimeConfig',
    'cni.dev/valid-attachments',
    'x',
  ]) {
    if (random.next() < 0.03) body[key] = odd();
  }
  if (random.next() < 0.9) body['cni.dev/valid-attachments'] = [{ containerID: 'c', ifname: 'eth0' }];
  if (random.next() < 0.3)
    body['prevResult'] = { cniVersion: body['cniVersion'], ips: [{ address: pick(['10.0.0.1/8', 'x', 3]) }] };
  const text = JSON.stringify(body);
  return random.next() < 0.03 ? text.slice(0, Math.floor(random.next() * text.length)) : text;
}

describe('any input', () => {
  it('gets a result or an error with a code, and reaches nothing but the plugin', async () => {
    const plugin = new RecordingPlugin();
    const nobody = { execute: () => Promise.reject(new Error('another plugin was called')) };
    const executor = new InProcessExecutor([plugin], nobody);
    let served = 0;
    for (let round = 0; round < inputs; round += 1) {
      const environment = {
        CNI_COMMAND: seldom(pick(['ADD', 'DEL', 'CHECK', 'GC', 'STATUS']), 'VERSION', 'add', ''),
        CNI_CONTAINERID: seldom('c', '../c', ''),
        CNI_NETNS: seldom('/nowhere', ''),
        CNI_IFNAME: seldom('eth0', 'a/b', '..', ''),
        CNI_PATH: '/nowhere',
        CNI_ARGS: seldom('A=1', 'A', '=', ';'),
      };
      const before = plugin.calls.length;
      const output = await executor.execute({ type: 'recording', path: [], environment, stdin: config() });
      served += plugin.calls.length - before;
      const body = output.stdout === '' ? {} : (JSON.parse(output.stdout) as Record<string, unknown>);
      if (output.exitCode === 0) expect(body).not.toHaveProperty('code');
      else expect(body).toMatchObject({ code: expect.any(Number) as number, msg: expect.any(String) as string });
      if (output.exitCode !== 0) expect([1, 3, 4, 6, 7, 999]).toContain(body['code']);
    }
    expect([...plugin.attached].filter((key) => key !== 'net/c/eth0')).toEqual([]);
    expect(served).toBeGreaterThan(inputs / 2);
  });

  it('as bytes is a frame, not yet one, or refused', () => {
    for (let round = 0; round < inputs; round += 1) {
      const bytes = Buffer.from(random.bytes(Math.floor(random.next() * 64)));
      if (random.next() < 0.8) bytes.write('KWC1');
      try {
        decodeRequest(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
      parseCached(bytes.toString(), undefined);
    }
  });
});
