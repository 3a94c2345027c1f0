import type { TestRunner } from '@kubewright/core/testing';
import { recordOf } from '@kubewright/core';
import { InProcessExecutor } from '../plugin/in-process-executor.js';
import type { PluginExecutor, PluginOutput } from '../execute/executor.js';
import { ProcessExecutor } from '../execute/process-executor.js';
import { servedVerbs, servedVersions } from '../plugin/cni-plugin.js';
import type { CniPlugin } from '../plugin/cni-plugin.js';
import { decodeResult } from '../result/decode.js';
import type { CniJson } from '../result/encode.js';
import { isAtLeast } from '../version/version.js';
import type { CniVersion } from '../version/version.js';

/** A plugin with all that it needs to run once. */
export interface PluginUnderTest {
  readonly plugin: CniPlugin;
  /** Its configuration without `cniVersion`, `name` and `type`. */
  readonly config: CniJson;
  /** A namespace to connect; a path that the plugin accepts. */
  readonly netns: string;
  /** Plugins that it delegates to, served in the same process. */
  readonly others?: readonly CniPlugin[];
  /** What a chain hands it, for plugins that cannot be first. */
  readonly prevResult?: CniJson;
  /** Whether it only changes what others made: after DEL, CHECK may find nothing wrong. Default: false. */
  readonly chained?: boolean;
  dispose(): Promise<void>;
}

/**
 * What the specification asks of every plugin, from its sections on parameters, operations, results and errors.
 *
 * @param factory - makes a fresh plugin, with nothing connected, for each test.
 */
export function describeCniPluginContract(
  runner: TestRunner,
  name: string,
  factory: () => Promise<PluginUnderTest>,
): void {
  const test = (title: string, body: (session: Session) => Promise<void>): void =>
    runner.it(title, async () => {
      const subject = await factory();
      try {
        await body(new Session(subject));
      } finally {
        await subject.dispose();
      }
    });

  runner.describe(`CNI contract of ${name}`, () => {
    test('VERSION lists what it serves and needs no input', async (session) => {
      const { supportedVersions } = session.json(await session.run('VERSION', { stdin: '' }));
      equal(supportedVersions, servedVersions(session.plugin), 'supportedVersions');
    });

    test('ADD answers in the version of the configuration, for each version', async (session) => {
      for (const version of servedVersions(session.plugin)) {
        const body = session.json(await session.run('ADD', { version }));
        equal(body['cniVersion'], version, `cniVersion of the result of ${version}`);
        decodeResult(body, version);
        session.succeeds(await session.run('DEL', { version, prevResult: body }), 'DEL');
      }
    });

    test('ADD puts the interface into the namespace that was given', async (session) => {
      const version = session.newest;
      if (!isAtLeast(version, '0.3.0')) return;
      const { interfaces = [] } = decodeResult(session.json(await session.run('ADD', { version })), version);
      const inside = interfaces.filter(({ sandbox }) => sandbox !== undefined && sandbox !== '');
      // A manager of addresses has no interfaces at all.
      if (interfaces.length > 0 && inside.length === 0) throw new Error('no interface of the result has a sandbox');
      for (const one of inside) equal(one.sandbox, session.netns, `sandbox of ${one.name}`);
    });

    test('DEL is done again without an error, and without ADD, prevResult or namespace', async (session) => {
      const added = session.json(await session.run('ADD', {}));
      session.succeeds(await session.run('DEL', { prevResult: added }), 'first DEL');
      session.succeeds(await session.run('DEL', { prevResult: added }), 'second DEL');
      session.succeeds(await session.run('DEL', { containerId: 'never-was' }), 'DEL of what never was');
      session.succeeds(await session.run('DEL', { netns: '' }), 'DEL without a namespace');
      session.succeeds(await session.run('DEL', { netns: '/nowhere/ns' }), 'DEL of a namespace that is gone');
    });

    test('CHECK succeeds after ADD, and fails after DEL where the plugin made the interface', async (session) => {
      if (!session.serves('CHECK')) return;
      const added = session.json(await session.run('ADD', {}));
      session.succeeds(await session.run('CHECK', { prevResult: added }), 'CHECK');
      session.succeeds(await session.run('DEL', { prevResult: added }), 'DEL');
      if (session.chained) return;
      session.fails(await session.run('CHECK', { prevResult: added }), undefined, 'CHECK after DEL');
    });

    test('CHECK without prevResult is an invalid configuration', async (session) => {
      if (session.serves('CHECK')) session.fails(await session.run('CHECK', { prevResult: null }), 7, 'CHECK');
    });

    test('GC keeps what is valid and may be repeated', async (session) => {
      if (!session.serves('GC')) return;
      const added = session.json(await session.run('ADD', {}));
      const valid = [{ containerID: 'contract', ifname: 'eth0' }];
      for (const round of ['first', 'second']) {
        session.succeeds(await session.run('GC', { extra: { 'cni.dev/valid-attachments': valid } }), `${round} GC`);
      }
      session.succeeds(await session.run('CHECK', { prevResult: added }), 'CHECK after GC');
      session.succeeds(await session.run('GC', { extra: { 'cni.dev/valid-attachments': [] } }), 'GC of everything');
    });

    test('GC without its list refuses rather than release everything', async (session) => {
      if (session.serves('GC')) session.fails(await session.run('GC', {}), 7, 'GC');
    });

    test('STATUS answers without an attachment', async (session) => {
      if (session.serves('STATUS')) session.succeeds(await session.run('STATUS', {}), 'STATUS');
    });

    test('bad variables are code 4 and name the variable', async (session) => {
      const cases: readonly (readonly [string, Record<string, string>])[] = [
        ['CNI_COMMAND', { CNI_COMMAND: 'add' }],
        ['CNI_CONTAINERID', { CNI_CONTAINERID: '' }],
        ['CNI_CONTAINERID', { CNI_CONTAINERID: '../../etc' }],
        ['CNI_NETNS', { CNI_NETNS: '' }],
        ['CNI_IFNAME', { CNI_IFNAME: 'sixteen-letters-' }],
        ['CNI_IFNAME', { CNI_IFNAME: 'a/b' }],
        ['CNI_IFNAME', { CNI_IFNAME: '..' }],
        ['CNI_ARGS', { CNI_ARGS: 'nonsense' }],
      ];
      for (const [variable, environment] of cases) {
        const { msg } = session.fails(await session.run('ADD', { environment }), 4, JSON.stringify(environment));
        if (!String(msg).includes(variable)) throw new Error(`the error does not name ${variable}: ${String(msg)}`);
      }
    });

    test('bad input is code 6, bad configuration 7, an unknown version 1', async (session) => {
      session.fails(await session.run('ADD', { stdin: '{' }), 6, 'broken JSON');
      session.fails(await session.run('ADD', { stdin: '[]' }), 6, 'a list');
      session.fails(await session.run('ADD', { extra: { name: '' } }), 7, 'no name');
      session.fails(await session.run('ADD', { extra: { name: '../x' } }), 7, 'a name with a path');
      session.fails(await session.run('ADD', { extra: { cniVersion: '9.9.9' } }), 1, 'a version from the future');
      session.fails(
        await session.run('ADD', { extra: { prevResult: { ips: [{ address: 'x' }] } } }),
        6,
        'a broken prevResult',
      );
    });

    test('what the configuration holds beside the known keys is no error', async (session) => {
      const extra = { 'example.com/key': { deep: [1] }, unknown: true };
      session.json(await session.run('ADD', { extra }));
    });
  });
}

interface CallOptions {
  readonly version?: CniVersion;
  readonly containerId?: string;
  readonly netns?: string;
  readonly prevResult?: CniJson | null;
  readonly extra?: CniJson;
  readonly environment?: Record<string, string>;
  readonly stdin?: string;
}

class Session {
  readonly plugin: CniPlugin;
  readonly netns: string;
  readonly #subject: PluginUnderTest;
  readonly #executor: PluginExecutor;

  constructor(subject: PluginUnderTest) {
    this.#subject = subject;
    this.plugin = subject.plugin;
    this.netns = subject.netns;
    this.#executor = new InProcessExecutor([subject.plugin, ...(subject.others ?? [])], new ProcessExecutor());
  }

  get newest(): CniVersion {
    return servedVersions(this.plugin).at(-1) ?? '0.1.0';
  }

  get chained(): boolean {
    return this.#subject.chained ?? false;
  }

  serves(verb: 'CHECK' | 'GC' | 'STATUS'): boolean {
    return servedVerbs(this.plugin).includes(verb);
  }

  run(verb: string, options: CallOptions): Promise<PluginOutput> {
    const prevResult = options.prevResult === undefined ? this.#subject.prevResult : options.prevResult;
    const config = {
      ...this.#subject.config,
      cniVersion: options.version ?? this.newest,
      name: 'contract-net',
      type: this.plugin.type,
      ...(prevResult === undefined || prevResult === null ? {} : { prevResult }),
      ...options.extra,
    };
    const environment = {
      CNI_COMMAND: verb,
      CNI_CONTAINERID: options.containerId ?? 'contract',
      CNI_NETNS: options.netns ?? this.netns,
      CNI_IFNAME: 'eth0',
      CNI_PATH: '/nowhere',
      CNI_ARGS: 'IgnoreUnknown=1;K8S_POD_NAME=contract',
      ...options.environment,
    };
    const stdin = options.stdin ?? JSON.stringify(config);
    return this.#executor.execute({ type: this.plugin.type, path: ['/nowhere'], environment, stdin });
  }

  /** The object that a successful call printed. */
  json(output: PluginOutput): CniJson {
    if (output.exitCode !== 0) throw new Error(`failed: ${output.stdout}${output.stderr}`);
    return recordOf(JSON.parse(output.stdout));
  }

  succeeds(output: PluginOutput, what: string): void {
    equal(output.exitCode, 0, `exit code of ${what} (${output.stdout})`);
    equal(output.stdout, '', `output of ${what}`);
  }

  fails(output: PluginOutput, code: number | undefined, what: string): CniJson {
    if (output.exitCode === 0) throw new Error(`${what} did not fail`);
    const body = recordOf(JSON.parse(output.stdout));
    if (code !== undefined) equal(body['code'], code, `code of ${what} (${output.stdout})`);
    if (typeof body['code'] !== 'number' || typeof body['msg'] !== 'string' || typeof body['cniVersion'] !== 'string') {
      throw new Error(`the error of ${what} lacks cniVersion, code or msg: ${output.stdout}`);
    }
    return body;
  }
}

function equal(actual: unknown, expected: unknown, what: string): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
  }
}
