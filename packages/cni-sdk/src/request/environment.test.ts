import { describe, expect, it } from 'vitest';
import { CniError } from '../errors.js';
import { checkArguments, parseArguments } from './arguments.js';
import { readEnvironment } from './environment.js';

const add = { CNI_COMMAND: 'ADD', CNI_CONTAINERID: 'c1', CNI_NETNS: '/ns', CNI_IFNAME: 'eth0', CNI_PATH: '/a::/b' };

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'nothing';
  } catch (error) {
    return CniError.is(error) ? `${error.cniCode}: ${error.summary}` : String(error);
  }
}

describe('readEnvironment', () => {
  it('reads what ADD needs', () => {
    expect(readEnvironment({ ...add, CNI_ARGS: 'A=1' })).toMatchObject({
      verb: 'ADD',
      containerId: 'c1',
      netns: '/ns',
      ifName: 'eth0',
      path: ['/a', '/b'],
    });
  });

  it('asks each verb for its own', () => {
    expect(codeOf(() => readEnvironment({ CNI_COMMAND: 'ADD' }))).toBe(
      '4: CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_PATH must be set for ADD',
    );
    expect(readEnvironment({ ...add, CNI_COMMAND: 'DEL', CNI_NETNS: undefined }).netns).toBe('');
    expect(readEnvironment({ CNI_COMMAND: 'STATUS' }).verb).toBe('STATUS');
    expect(readEnvironment({ CNI_COMMAND: 'VERSION', CNI_ARGS: 'broken' }).verb).toBe('VERSION');
    expect(codeOf(() => readEnvironment({ CNI_COMMAND: 'GC' }))).toBe('4: CNI_PATH must be set for GC');
  });

  it.each(['', 'add', 'constructor'])('knows no verb %j', (verb) => {
    expect(codeOf(() => readEnvironment({ ...add, CNI_COMMAND: verb }))).toMatch(/^4: CNI_COMMAND is/);
  });

  it.each(['eth0:1', 'a b', '.', 'abcdefghijklmnop', 'ü'.repeat(8)])('refuses the interface name %j', (name) => {
    expect(codeOf(() => readEnvironment({ ...add, CNI_IFNAME: name }))).toMatch(/^4: CNI_IFNAME/);
  });
});

describe('CNI_ARGS', () => {
  it('reads pairs, also with an equals sign in the value', () => {
    expect([...parseArguments('A=1;B=x=y;;')]).toEqual([
      ['A', '1'],
      ['B', 'x=y'],
    ]);
    expect(codeOf(() => parseArguments('A=1;=2'))).toMatch(/^4: CNI_ARGS has '=2'/);
  });

  it('refuses unknown keys unless told to ignore them', () => {
    expect(codeOf(() => checkArguments(parseArguments('IP=1;X=2'), ['IP']))).toBe(
      '4: CNI_ARGS has the unknown key(s) X',
    );
    expect(codeOf(() => checkArguments(parseArguments('IgnoreUnknown=0;X=2'), ['IP']))).toContain('unknown key(s) X');
    for (const yes of ['1', 'true', 'T']) checkArguments(parseArguments(`IgnoreUnknown=${yes};X=2`), []);
  });
});
