import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeResult } from '@kubewright/cni-sdk';
import { RecordingIpam } from './recording-ipam.js';

describe('the address manager that keeps a record', () => {
  let directory: string;
  let ipam: RecordingIpam;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "ip'am-"));
    ipam = await RecordingIpam.install(join(directory, 'bin'), join(directory, 'ipam'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function call(verb: string, id: string, config: object = { cniVersion: '1.0.0' }) {
    const { stdout, status } = spawnSync(join(directory, 'bin', RecordingIpam.type), {
      input: JSON.stringify(config),
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], CNI_COMMAND: verb, CNI_CONTAINERID: id, CNI_IFNAME: 'eth0', CNI_NETNS: '/ns' },
    });
    return { status, json: stdout === '' ? undefined : (JSON.parse(stdout) as Record<string, unknown>) };
  }

  it('gives each its own address until it is released', async () => {
    const addresses = ['a', 'b'].map((id) => decodeResult(call('ADD', id).json, '1.0.0').ips?.[0]?.address);
    expect(addresses).toEqual(['10.213.7.2/24', '10.213.7.3/24']);
    expect((await ipam.leases()).toSorted()).toEqual(['a/eth0', 'b/eth0']);
    call('DEL', 'a');
    expect(await ipam.leases()).toEqual(['b/eth0']);
  });

  it('writes down who asked for what', async () => {
    const config = { cniVersion: '1.1.0', args: { x: [1] } };
    call('CHECK', 'a', config);
    expect(await ipam.calls()).toEqual([{ verb: 'CHECK', containerId: 'a', ifName: 'eth0', netns: '/ns', config }]);
    expect(await ipam.calls('ADD')).toEqual([]);
  });

  it('fails when told to, and keeps the address of an ADD that failed', async () => {
    await ipam.failOn('ADD', 101);
    expect(call('ADD', 'a')).toMatchObject({ status: 1, json: { code: 101, cniVersion: '1.0.0' } });
    expect(await ipam.leases()).toEqual(['a/eth0']);
  });

  it.each(['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const)('answers in %s', (cniVersion) => {
    const { json } = call('ADD', 'a', { cniVersion });
    expect(json?.['cniVersion']).toBe(cniVersion);
    expect(decodeResult(json, cniVersion)).toMatchObject({
      ips: [{ gateway: '10.213.7.1' }],
      routes: [{ dst: '0.0.0.0/0' }],
    });
  });

  it('can leave out routes, and serve a second network', async () => {
    await ipam.giveNoRoutes();
    const { json } = call('ADD', 'a', { cniVersion: '1.0.0', ipam: RecordingIpam.second() });
    expect(json).toEqual({ cniVersion: '1.0.0', ips: [{ address: '10.213.9.2/24', gateway: '10.213.9.1' }] });
  });
});
