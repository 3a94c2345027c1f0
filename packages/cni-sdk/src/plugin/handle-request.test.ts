import { describe, expect, it } from 'vitest';
import { CniError } from '../errors.js';
import { ScriptedExecutor } from '../testing/scripted-executor.js';
import {
  BridgeConfig,
  errorOf,
  FullPlugin,
  nobody,
  request,
  ScriptedPlugin,
  variables,
  Vlan,
} from '../testing/scripted-plugin.js';
import { servedVerbs, servedVersions } from './cni-plugin.js';
import { handleRequest } from './handle-request.js';

describe('versions and verbs', () => {
  it('follow from what is implemented', () => {
    expect(servedVerbs(new ScriptedPlugin())).toEqual(['ADD', 'DEL', 'VERSION']);
    expect(servedVersions(new ScriptedPlugin()).at(-1)).toBe('0.3.1');
    expect(servedVerbs(new FullPlugin())).toEqual(['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION']);
    expect(servedVersions(new FullPlugin()).at(-1)).toBe('1.1.0');
  });

  it('refuses a version that the plugin does not reach, and says what it serves', async () => {
    expect(await errorOf(request(new ScriptedPlugin(), 'ADD', { cniVersion: '1.0.0' }))).toEqual({
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
    const output = await handleRequest(new ScriptedPlugin(), { environment: {}, stdin: '', executor: nobody });
    expect(output).toMatchObject({ exitCode: 0, stdout: '' });
    expect(output.stderr).toContain("CNI plugin 'small'");
  });
});

describe('the configuration', () => {
  it('is an instance with defaults, nested classes, and the keys that no field names', async () => {
    const plugin = new ScriptedPlugin();
    await request(plugin, 'ADD', { cniVersion: '0.3.1', vlans: [{ id: 5 }], other: { deep: true } });
    expect(plugin.seen?.config).toBeInstanceOf(BridgeConfig);
    expect(plugin.seen?.config).toMatchObject({ mtu: 1500, other: { deep: true } });
    expect(plugin.seen?.config.vlans[0]).toBeInstanceOf(Vlan);
  });

  it('takes null for absent, and capabilities as containerd writes them', async () => {
    const plugin = new ScriptedPlugin();
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
      request(new ScriptedPlugin(), 'ADD', { cniVersion: '0.3.1', mtu: 'x', vlans: [{ id: 1 }, { id: 5000 }] }),
    );
    expect(code).toBe(7);
    expect(msg).toContain('mtu: mtu must be an integer number');
    expect(msg).toContain('vlans[1].id: id must not be greater than 4094');
  });

  it('cannot reach into prototypes', async () => {
    const stdin =
      '{"cniVersion":"0.3.1","name":"n","type":"small","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    await handleRequest(new ScriptedPlugin(), {
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
    const plugin = new ScriptedPlugin();
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
    const plugin = new ScriptedPlugin();
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
    const plugin = new ScriptedPlugin();
    const executor = new ScriptedExecutor('');
    expect(await handleRequest(plugin, { environment, stdin, executor })).toMatchObject({ exitCode: 0 });
    expect([plugin.seen?.netns, executor.calls[0]?.environment['CNI_NETNS']]).toEqual(['', '']);
  });

  it('have the version of the configuration, whatever else is wrong', async () => {
    const environment = { ...variables, CNI_COMMAND: 'ADD', CNI_IFNAME: '' };
    const stdin = JSON.stringify({ cniVersion: '0.3.1', name: 'net', type: 'small' });
    expect(await errorOf(handleRequest(new ScriptedPlugin(), { environment, stdin, executor: nobody }))).toMatchObject({
      code: 4,
      cniVersion: '0.3.1',
    });
    expect(await errorOf(request(new FullPlugin(), 'GC', { cniVersion: '1.0.0' }))).toMatchObject({
      code: 1,
      cniVersion: '1.0.0',
    });
    expect(await errorOf(request(new ScriptedPlugin(), 'ADD', { cniVersion: '9.9.9' }))).toMatchObject({
      code: 1,
      cniVersion: '0.1.0',
    });
  });
});

describe('a result of before that cannot be read', () => {
  it('is none for DEL, and an error for ADD', async () => {
    const plugin = new ScriptedPlugin();
    const config = { cniVersion: '0.3.1', prevResult: { ips: [{ address: 'x' }] } };
    expect(await errorOf(request(plugin, 'ADD', config))).toMatchObject({ code: 6 });
    expect(await request(plugin, 'DEL', config)).toMatchObject({ exitCode: 0 });
    expect(plugin.seen).not.toHaveProperty('prevResult');
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
