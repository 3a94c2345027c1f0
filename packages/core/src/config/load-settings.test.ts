import { describe, expect, expectTypeOf, it } from 'vitest';
import type { KubewrightError } from '../errors/define-errors.js';
import { describeSettings } from './describe-settings.js';
import { parseDuration } from './duration.js';
import { loadSettings } from './load-settings.js';
import type { SettingSources } from './load-settings.js';
import { defineSettings } from './settings.js';

const settings = defineSettings({
  port: {
    type: 'number',
    default: 6443,
    env: 'KUBEWRIGHT_PORT',
    description: 'where to listen',
    validate: (port) => (port < 65_536 ? undefined : 'must be below 65536'),
  },
  host: { type: 'string', optional: true, description: 'the address to bind' },
  level: { type: 'enum', values: ['debug', 'info'], default: 'info', description: 'how much to log' },
  resyncPeriod: {
    type: 'duration',
    default: parseDuration('10h'),
    env: 'KUBEWRIGHT_RESYNC',
    description: 'how often to look at everything',
  },
  secure: { type: 'boolean', default: true, env: 'KUBEWRIGHT_SECURE', description: 'use TLS' },
  endpoints: { type: 'list', default: [], env: 'KUBEWRIGHT_ENDPOINTS', description: 'where etcd is' },
  token: {
    type: 'string',
    optional: true,
    secret: true,
    env: 'KUBEWRIGHT_TOKEN',
    flag: false,
    description: 'the bearer token',
    validate: (token) => (token.length > 3 ? undefined : 'is too short'),
  },
});

const load = (sources: SettingSources) => loadSettings(settings, sources).settings;
const file = (values: unknown) => ({ name: 'config.yaml', values });

function problemsOf(sources: SettingSources): readonly string[] {
  try {
    load(sources);
    return [];
  } catch (error) {
    return (error as KubewrightError & { details: { problems: string[] } }).details.problems;
  }
}

describe('loadSettings', () => {
  it('has defaults, and is frozen', () => {
    const loaded = load({});
    expect(loaded).toEqual({
      port: 6443,
      host: undefined,
      level: 'info',
      resyncPeriod: 36_000_000,
      secure: true,
      endpoints: [],
      token: undefined,
    });
    expect(Object.isFrozen(loaded)).toBe(true);
    expectTypeOf(loaded.port).toEqualTypeOf<number>();
    expectTypeOf(loaded.level).toEqualTypeOf<'debug' | 'info'>();
    expectTypeOf(loaded.host).toEqualTypeOf<string | undefined>();
    expectTypeOf(loaded.endpoints).toEqualTypeOf<readonly string[]>();
  });

  it('prefers flags to environment to file to default', () => {
    const sources: SettingSources = {
      file: file({ port: 1, secure: false }),
      env: { KUBEWRIGHT_PORT: '2' },
      argv: ['--port', '3'],
    };
    expect(load(sources)).toMatchObject({ port: 3, secure: false });
    expect(load({ ...sources, argv: [] }).port).toBe(2);
    expect(load({ file: file({ port: 1 }), env: { KUBEWRIGHT_PORT: '' } }).port).toBe(1);
  });

  it('reads each type from a file', () => {
    const values = {
      port: 1,
      host: '::',
      level: 'debug',
      resyncPeriod: '5m',
      secure: false,
      endpoints: ['a,b', 'c'],
      token: 'secret',
    };
    expect(load({ file: file(values) })).toEqual({ ...values, resyncPeriod: 300_000 });
  });

  it('reads each type from text', () => {
    const env = {
      KUBEWRIGHT_PORT: '1',
      KUBEWRIGHT_RESYNC: '90s',
      KUBEWRIGHT_SECURE: 'false',
      KUBEWRIGHT_ENDPOINTS: 'a, b,,c',
      KUBEWRIGHT_TOKEN: 'secret',
    };
    expect(load({ env })).toMatchObject({
      port: 1,
      resyncPeriod: 90_000,
      secure: false,
      endpoints: ['a', 'b', 'c'],
      token: 'secret',
    });
  });

  it('reads flags: with =, negated, repeated, and words between and after them', () => {
    const { settings: loaded, positionals } = loadSettings(settings, {
      argv: [
        'one',
        '--resync-period=1m',
        '--no-secure',
        '--endpoints',
        'a',
        '--endpoints=b,c',
        '--port',
        '1',
        '--port',
        '2',
        'two',
        '--',
        '--three',
      ],
    });
    expect(loaded).toMatchObject({ resyncPeriod: 60_000, secure: false, endpoints: ['a', 'b', 'c'], port: 2 });
    expect(positionals).toEqual(['one', 'two', '--three']);
  });

  it('invariant 11: ignores nothing, but reports everything that is wrong, with its source', () => {
    const sources: SettingSources = {
      file: file({ prot: 1, level: 'loud', secure: 'false', endpoints: 'a', host: 5 }),
      env: { KUBEWRIGHT_PORT: '70000', KUBEWRIGHT_TOKEN: 'abc' },
      argv: ['--resync-period', '5', '--prot', '1', '--no-port', '--host'],
    };
    expect(problemsOf(sources)).toEqual([
      "unknown flag --prot (did you mean 'port'?)",
      "unknown flag --no-port (did you mean 'port'?)",
      '--host needs a value',
      "config.yaml: unknown setting 'prot' (did you mean 'port'?)",
      'port (environment variable KUBEWRIGHT_PORT): must be below 65536',
      'host (config.yaml): must be a string',
      "level (config.yaml): must be one of debug, info, not 'loud'",
      "resyncPeriod (flag --resync-period): must be a duration such as 30s or 1h30m, not '5'",
      "secure (config.yaml): must be true or false, not 'false'",
      'endpoints (config.yaml): must be a list of strings',
      'token (environment variable KUBEWRIGHT_TOKEN): is too short',
    ]);
  });

  it.each(['abc', '', ' ', 'Infinity', '1e999'])('refuses %o as a number', (text) => {
    expect(problemsOf({ argv: [`--port=${text}`] })).toEqual([`port (flag --port): must be a number, not '${text}'`]);
  });

  it('refuses names that every object has', () => {
    expect(problemsOf({ file: file(JSON.parse('{"constructor": 1, "__proto__": 2}')) })).toEqual([
      "config.yaml: unknown setting 'constructor'",
      "config.yaml: unknown setting '__proto__'",
    ]);
  });

  it('tells how to set what has to be set', () => {
    const required = defineSettings({ apiKey: { type: 'string', env: 'KUBEWRIGHT_API_KEY', description: 'x' } });
    expect(() => loadSettings(required, { file: file({}) })).toThrow(
      'apiKey is not set: pass --api-key or set KUBEWRIGHT_API_KEY or write apiKey into config.yaml',
    );
  });

  it.each([[['list']], ['text']])('refuses %o as a file', (values) => {
    expect(problemsOf({ file: file(values) })).toEqual(['config.yaml: must be an object of settings']);
  });
});

describe('describeSettings', () => {
  it('prints a line per flag', () => {
    expect(describeSettings({ ...settings, name: { type: 'string', description: 'the name' } })).toBe(
      [
        '  --port NUMBER             where to listen (default 6443; env KUBEWRIGHT_PORT)',
        '  --host STRING             the address to bind',
        '  --level debug|info        how much to log (default info)',
        '  --resync-period DURATION  how often to look at everything (default 10h; env KUBEWRIGHT_RESYNC)',
        '  --secure                  use TLS (default true; env KUBEWRIGHT_SECURE)',
        '  --endpoints ITEM,...      where etcd is (default empty; env KUBEWRIGHT_ENDPOINTS)',
        '  --name STRING             the name (required)',
        '',
      ].join('\n'),
    );
  });
});
