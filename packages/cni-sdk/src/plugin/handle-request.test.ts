import { FakeClock } from '@kubewright/core/testing';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min, ValidateNested } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { NetworkConfig } from '../config/network-config.js';
import { CniError } from '../errors.js';
import { InProcessExecutor } from '../execute/in-process-executor.js';
import type { PluginCall, PluginExecutor, PluginOutput } from '../execute/executor.js';
import type { Json } from '../result/encode.js';
import type { CniResult } from '../result/result.js';
import { RecordingPlugin } from '../testing/recording-plugin.js';
import { CniPlugin, servedVerbs, servedVersions } from './cni-plugin.js';
import type { AttachmentRequest, GcRequest } from './cni-plugin.js';
import { requireIpamType } from './delegate.js';
import { handleRequest } from './handle-request.js';

class Vlan {
  @IsInt()
  @Min(1)
  @Max(4094)
  id!: number;
}

class BridgeConfig extends NetworkConfig {
  @IsOptional()
  @IsInt()
  mtu = 1500;

  @ValidateNested({ each: true })
  @Type(() => Vlan)
  vlans: Vlan[] = [];
}

class SmallPlugin extends CniPlugin<BridgeConfig> {
  override readonly type = 'small';
  override readonly config = BridgeConfig;
  seen: AttachmentRequest<BridgeConfig> | undefined;
  failure: unknown;
  held: Promise<void> | undefined;

  override async add(request: AttachmentRequest<BridgeConfig>): Promise<CniResult> {
    this.seen = request;
    if (this.held !== undefined) request.holdAnswer(this.held);
    if (this.failure !== undefined) throw this.failure;
    return request.config.ipam === undefined ? {} : request.delegate(requireIpamType(request.config.ipam)).add();
  }

  override async del(request: AttachmentRequest<BridgeConfig>): Promise<void> {
    this.seen = request;
    if (request.config.ipam !== undefined) await request.delegate(requireIpamType(request.config.ipam)).del();
  }
}

class FullPlugin extends SmallPlugin {
  collected: GcRequest<BridgeConfig> | undefined;
  override async check(): Promise<void> {}
  override async gc(request: GcRequest<BridgeConfig>): Promise<void> {
    this.collected = request;
  }
  override async status(): Promise<void> {
    throw CniError.notAvailable('the bridge is gone', true);
  }
}

const nobody: PluginExecutor = { execute: () => Promise.reject(new Error('no other plugins here')) };
const variables = { CNI_CONTAINERID: 'c1', CNI_NETNS: '/nowhere', CNI_IFNAME: 'eth0', CNI_PATH: '/bin' };

function request(
  plugin: CniPlugin,
  verb: string,
  config: Json,
  executor: PluginExecutor = nobody,
): Promise<PluginOutput> {
  const stdin = JSON.stringify({ name: 'net', type: 'small', ...config });
  return handleRequest(plugin, { environment: { ...variables, CNI_COMMAND: verb }, stdin, executor });
}

async function errorOf(output: Promise<PluginOutput>): Promise<Json> {
  const { exitCode, stdout } = await output;
  expect(exitCode).toBe(1);
  return JSON.parse(stdout) as Json;
}

describe('versions and verbs', () => {
  it('follow from what is implemented', () => {
    expect(servedVerbs(new SmallPlugin())).toEqual(['ADD', 'DEL', 'VERSION']);
    expect(servedVersions(new SmallPlugin()).at(-1)).toBe('0.3.1');
    expect(servedVerbs(new FullPlugin())).toEqual(['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION']);
    expect(servedVersions(new FullPlugin()).at(-1)).toBe('1.1.0');
  });

  it('refuses a version that the plugin does not reach, and says what it serves', async () => {
    expect(await errorOf(request(new SmallPlugin(), 'ADD', { cniVersion: '1.0.0' }))).toEqual({
      cniVersion: '1.0.0',
      code: 1,
      msg: "plugin 'small' does not serve version 1.0.0",
      details: 'it serves ADD, DEL, VERSION, and with those the versions 0.1.0, 0.2.0, 0.3.0, 0.3.1',
    });
  });

  it.each([
    ['CHECK', '0.3.1'],
    ['GC', '1.0.0'],
    ['STATUS', '1.0.0'],
  ])('has no %s in %s', async (verb, cniVersion) => {
    expect(await errorOf(request(new FullPlugin(), verb, { cniVersion }))).toMatchObject({ code: 1 });
  });

  it('tells a person what it is', async () => {
    const output = await handleRequest(new SmallPlugin(), { environment: {}, stdin: '', executor: nobody });
    expect(output).toMatchObject({ exitCode: 0, stdout: '' });
    expect(output.stderr).toContain("CNI plugin 'small'");
  });
});

describe('the configuration', () => {
  it('is an instance with defaults, nested classes, and the keys that no field names', async () => {
    const plugin = new SmallPlugin();
    await request(plugin, 'ADD', { cniVersion: '0.3.1', vlans: [{ id: 5 }], other: { deep: true } });
    expect(plugin.seen?.config).toBeInstanceOf(BridgeConfig);
    expect(plugin.seen?.config).toMatchObject({ mtu: 1500, other: { deep: true } });
    expect(plugin.seen?.config.vlans[0]).toBeInstanceOf(Vlan);
  });

  it('takes null for absent, and capabilities as containerd writes them', async () => {
    const plugin = new SmallPlugin();
    const runtimeConfig = {
      portMappings: [{ HostPort: 1, ContainerPort: 2, Protocol: 'tcp', HostIP: '' }],
      ipRanges: [[{ Subnet: '10.1.0.0/24' }]],
      bandwidth: { IngressRate: 5 },
      'io.kubernetes.cri.pod-annotations': { Note: 'kept' },
      mac: null,
    };
    await request(plugin, 'ADD', { cniVersion: '0.3.1', mtu: null, args: null, runtimeConfig });
    expect(plugin.seen?.config).toMatchObject({
      mtu: 1500,
      runtimeConfig: {
        portMappings: [{ hostPort: 1, containerPort: 2, protocol: 'tcp', hostIP: '' }],
        ipRanges: [[{ subnet: '10.1.0.0/24' }]],
        bandwidth: { ingressRate: 5 },
        'io.kubernetes.cri.pod-annotations': { Note: 'kept' },
      },
    });
    expect(plugin.seen?.config.args).toBeUndefined();
    expect(plugin.seen?.config.runtimeConfig?.mac).toBeUndefined();
  });

  it('is refused with the path of each wrong field', async () => {
    const { code, msg } = await errorOf(
      request(new SmallPlugin(), 'ADD', { cniVersion: '0.3.1', mtu: 'x', vlans: [{ id: 1 }, { id: 5000 }] }),
    );
    expect(code).toBe(7);
    expect(msg).toContain('mtu: mtu must be an integer number');
    expect(msg).toContain('vlans[1].id: id must not be greater than 4094');
  });

  it('cannot reach into prototypes', async () => {
    const stdin =
      '{"cniVersion":"0.3.1","name":"n","type":"small","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    await handleRequest(new SmallPlugin(), {
      environment: { ...variables, CNI_COMMAND: 'ADD' },
      stdin,
      executor: nobody,
    });
    expect(Object.keys({})).toEqual([]);
    expect('polluted' in {}).toBe(false);
  });
});

describe('errors', () => {
  it.each([
    [CniError.tryAgainLater('busy'), { code: 11, msg: 'busy' }],
    [new CniError(120, 'own', 'why'), { code: 120, msg: 'own', details: 'why' }],
    [new Error('broken'), { code: 999, msg: 'broken' }],
    [Object.assign(new Error('disk full'), { errno: -28, syscall: 'write' }), { code: 5, msg: 'disk full' }],
    ['text', { code: 999, msg: 'text' }],
  ])('answers %s', async (failure, expected) => {
    const plugin = new SmallPlugin();
    plugin.failure = failure;
    expect(await errorOf(request(plugin, 'ADD', { cniVersion: '0.3.1' }))).toMatchObject({
      cniVersion: '0.3.1',
      ...expected,
    });
  });

  it('passes what STATUS found', async () => {
    expect(await errorOf(request(new FullPlugin(), 'STATUS', { cniVersion: '1.1.0' }))).toMatchObject({
      code: 51,
      msg: 'the bridge is gone',
    });
  });

  it.skipIf(process.platform !== 'linux')("refuses the plugin's own namespace", async () => {
    const environment = { ...variables, CNI_COMMAND: 'ADD', CNI_NETNS: '/proc/self/ns/net' };
    const stdin = JSON.stringify({ cniVersion: '0.3.1', name: 'net', type: 'small' });
    const plugin = new SmallPlugin();
    expect(await errorOf(handleRequest(plugin, { environment, stdin, executor: nobody }))).toMatchObject({ code: 8 });
    const allowed = { ...environment, CNI_NETNS_OVERRIDE: '1' };
    expect((await handleRequest(plugin, { environment: allowed, stdin, executor: nobody })).exitCode).toBe(0);
    const check = { ...environment, CNI_COMMAND: 'CHECK' };
    const checked = JSON.stringify({ cniVersion: '1.0.0', name: 'net', type: 'small', prevResult: {} });
    const output = handleRequest(new FullPlugin(), { environment: check, stdin: checked, executor: nobody });
    expect(await errorOf(output)).toMatchObject({ code: 8 });
  });

  it.skipIf(process.platform !== 'linux')("keeps DEL away from the plugin's own namespace", async () => {
    const environment = { ...variables, CNI_COMMAND: 'DEL', CNI_NETNS: '/proc/self/ns/net' };
    const stdin = JSON.stringify({ cniVersion: '0.3.1', name: 'net', type: 'small', ipam: { type: 'ipam' } });
    const plugin = new SmallPlugin();
    const executor = new ScriptedExecutor('');
    expect(await handleRequest(plugin, { environment, stdin, executor })).toMatchObject({ exitCode: 0 });
    expect([plugin.seen?.netns, executor.calls[0]?.environment['CNI_NETNS']]).toEqual(['', '']);
  });

  it('have the version of the configuration, whatever else is wrong', async () => {
    const environment = { ...variables, CNI_COMMAND: 'ADD', CNI_IFNAME: '' };
    const stdin = JSON.stringify({ cniVersion: '0.3.1', name: 'net', type: 'small' });
    expect(await errorOf(handleRequest(new SmallPlugin(), { environment, stdin, executor: nobody }))).toMatchObject({
      code: 4,
      cniVersion: '0.3.1',
    });
    expect(await errorOf(request(new FullPlugin(), 'GC', { cniVersion: '1.0.0' }))).toMatchObject({
      code: 1,
      cniVersion: '1.0.0',
    });
    expect(await errorOf(request(new SmallPlugin(), 'ADD', { cniVersion: '9.9.9' }))).toMatchObject({
      code: 1,
      cniVersion: '0.1.0',
    });
  });
});

describe('a result of before that cannot be read', () => {
  it('is none for DEL, and an error for ADD', async () => {
    const plugin = new SmallPlugin();
    const config = { cniVersion: '0.3.1', prevResult: { ips: [{ address: 'x' }] } };
    expect(await errorOf(request(plugin, 'ADD', config))).toMatchObject({ code: 6 });
    expect(await request(plugin, 'DEL', config)).toMatchObject({ exitCode: 0 });
    expect(plugin.seen).not.toHaveProperty('prevResult');
  });
});

describe('work that holds the answer up', () => {
  const config = { cniVersion: '0.3.1' };
  const answer = (plugin: CniPlugin, early: boolean): Promise<PluginOutput> =>
    handleRequest(plugin, {
      environment: { ...variables, CNI_COMMAND: 'ADD' },
      stdin: JSON.stringify({ name: 'net', type: 'small', ...config }),
      executor: nobody,
      early,
    });

  it('is awaited, and its failure is the answer', async () => {
    const plugin = new SmallPlugin();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    plugin.held = promise;
    let answered = false;
    const output = answer(plugin, false).finally(() => {
      answered = true;
    });
    await new Promise((later) => setImmediate(later));
    expect(answered).toBe(false);
    resolve();
    expect(await output).toMatchObject({ exitCode: 0 });
    reject();
    plugin.held = Promise.reject(new CniError(5, 'the disk is full'));
    expect(await errorOf(answer(plugin, false))).toMatchObject({ code: 5, msg: 'the disk is full' });
  });

  it('is awaited also where the plugin fails, whose error is the answer', async () => {
    const plugin = new SmallPlugin();
    plugin.failure = new CniError(120, 'own');
    plugin.held = Promise.reject(new CniError(5, 'the disk is full'));
    expect(await errorOf(answer(plugin, false))).toMatchObject({ code: 120 });
  });

  it('is handed over to a caller that waits itself', async () => {
    const plugin = new SmallPlugin();
    plugin.held = Promise.reject(new CniError(5, 'the disk is full'));
    const { exitCode, settled } = await answer(plugin, true);
    expect(exitCode).toBe(0);
    await expect(settled).rejects.toThrow('the disk is full');
  });
});

/** Answers calls in their order, and keeps them with their signals. */
class ScriptedExecutor implements PluginExecutor {
  readonly calls: PluginCall[] = [];
  readonly signals: (AbortSignal | undefined)[] = [];
  readonly #answers: (string | (() => string))[];

  constructor(...answers: readonly (string | (() => string))[]) {
    this.#answers = [...answers];
  }

  async execute(call: PluginCall, signal?: AbortSignal): Promise<PluginOutput> {
    this.calls.push(call);
    this.signals.push(signal);
    const answer = this.#answers.shift() ?? '';
    return { exitCode: 0, stdout: typeof answer === 'string' ? answer : answer(), stderr: '' };
  }
}

describe('delegation', () => {
  it('hands the whole configuration on and takes the result', async () => {
    const ipam = new RecordingPlugin('ipam');
    const executor = new InProcessExecutor([ipam], nobody);
    const { stdout } = await request(
      new SmallPlugin(),
      'ADD',
      { cniVersion: '0.3.1', ipam: { type: 'ipam', subnet: 'x' } },
      executor,
    );
    expect(JSON.parse(stdout)).toMatchObject({ ips: [{ address: '10.1.0.2/24' }] });
    expect(ipam.calls).toEqual(['ADD c1 eth0']);
  });

  it('undoes a failed ADD and passes the code on', async () => {
    const ipam = new RecordingPlugin('ipam');
    ipam.fail.set('ADD', CniError.tryAgainLater('empty'));
    const output = request(
      new SmallPlugin(),
      'ADD',
      { cniVersion: '0.3.1', ipam: { type: 'ipam' } },
      new InProcessExecutor([ipam], nobody),
    );
    expect(await errorOf(output)).toMatchObject({ code: 11, msg: 'empty' });
    expect(ipam.calls).toEqual(['ADD c1 eth0', 'DEL c1 eth0']);
  });

  it('takes a result of null, and blames the plugin for one that is none', async () => {
    const config = { cniVersion: '0.3.1', ipam: { type: 'ipam' } };
    const taken = await request(new SmallPlugin(), 'ADD', config, new ScriptedExecutor('null'));
    expect(JSON.parse(taken.stdout)).toEqual({ cniVersion: '0.3.1' });
    const refused = request(new SmallPlugin(), 'ADD', config, new ScriptedExecutor('hello'));
    expect(await errorOf(refused)).toMatchObject({ code: 6, msg: "what plugin 'ipam' printed is no JSON object" });
  });

  it('undoes what was given up with a signal of its own, which ends after a minute', async () => {
    const abort = new AbortController();
    const clock = new FakeClock();
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<PluginOutput>();
    const executor = new ScriptedExecutor(() => {
      abort.abort(new Error('the caller went away'));
      throw new Error('given up');
    });
    const slow: PluginExecutor = {
      async execute(call, signal) {
        const output = await executor.execute(call, signal);
        reached.resolve();
        return call.environment['CNI_COMMAND'] === 'DEL' ? gate.promise : output;
      },
    };
    const output = handleRequest(new SmallPlugin(), {
      environment: { ...variables, CNI_COMMAND: 'ADD' },
      stdin: JSON.stringify({ cniVersion: '0.3.1', name: 'net', type: 'small', ipam: { type: 'ipam' } }),
      executor: slow,
      signal: abort.signal,
      clock,
    });
    await reached.promise;
    const [add, del] = executor.signals;
    expect([executor.calls[1]?.environment['CNI_COMMAND'], add?.aborted, del?.aborted]).toEqual(['DEL', true, false]);
    await clock.advance(60_000);
    expect(del?.aborted).toBe(true);
    gate.resolve({ exitCode: 0, stdout: '', stderr: '' });
    expect(await errorOf(output)).toMatchObject({ msg: 'given up' });
    expect(clock.timers).toBe(0);
  });

  it('asks for the type', async () => {
    expect(await errorOf(request(new SmallPlugin(), 'ADD', { cniVersion: '0.3.1', ipam: {} }))).toMatchObject({
      code: 7,
      msg: expect.stringContaining('ipam.type') as string,
    });
  });
});

describe('GC', () => {
  it('gets the valid attachments', async () => {
    const plugin = new FullPlugin();
    const list = [{ containerID: 'c1', ifname: 'eth0' }];
    await request(plugin, 'GC', { cniVersion: '1.1.0', 'cni.dev/valid-attachments': list });
    expect(plugin.collected?.validAttachments).toEqual(list);
  });

  it('takes null for a list of none, and refuses to go without one', async () => {
    const plugin = new FullPlugin();
    await request(plugin, 'GC', {
      cniVersion: '1.1.0',
      'cni.dev/valid-attachments': null,
      'cni.dev/attachments': null,
    });
    expect(plugin.collected?.validAttachments).toEqual([]);
    expect(await errorOf(request(plugin, 'GC', { cniVersion: '1.1.0' }))).toMatchObject({ code: 7 });
  });
});
