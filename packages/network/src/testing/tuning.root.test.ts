import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InProcessExecutor, ProcessExecutor } from '@kubewright/cni-sdk';
import type { CniJson } from '@kubewright/cni-sdk';
import { newLink, readSysctl, Rtnetlink, setLink } from '@kubewright/linux';
import { privileged } from '@kubewright/linux/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TuningPlugin } from '../tuning/tuning-plugin.js';
import { TestMachine } from './test-machine.js';
import type { PluginCallOptions } from './test-machine.js';

const martians = 'net/ipv4/conf/eth0/log_martians';
const arpNotify = 'net.ipv4.conf.eth0.arp_notify';

describe.skipIf(!privileged())('the tuning plugin (needs root)', () => {
  let machine: TestMachine;
  let pod: ReturnType<TestMachine['pod']>;
  let tables: Rtnetlink;

  const options = (more: CniJson): PluginCallOptions => ({
    config: { cniVersion: '1.1.0', prevResult: { interfaces: [{ name: 'eth0', sandbox: pod.path }] }, ...more },
    netns: pod.path,
  });

  beforeEach(async () => {
    machine = new TestMachine();
    pod = machine.pod();
    tables = Rtnetlink.open(pod);
    await tables.run(newLink({ kind: 'ifb', name: 'eth0', index: 5 }), setLink(5, { up: true }));
  });
  afterEach(async () => {
    await tables.close();
    await machine[Symbol.asyncDispose]();
  });

  it.each([true, false])('sets the queue and all multicast, which was %s, back to what they were', async (before) => {
    await tables.run(setLink('eth0', { allMulticast: before, txQueueLength: 70 }));
    const tuned = options({ allmulti: !before, txQLen: 300 });
    await machine.succeed('tuning', 'ADD', tuned);
    expect(await tables.link('eth0')).toMatchObject({ allMulticast: !before, txQueueLength: 300 });
    await machine.succeed('tuning', 'CHECK', tuned);
    for (const change of [{ allMulticast: before }, { allMulticast: !before, txQueueLength: 301 }]) {
      await tables.run(setLink('eth0', change));
      expect(await machine.call('tuning', 'CHECK', tuned)).toMatchObject({ exitCode: 1 });
    }
    await machine.succeed('tuning', 'DEL', tuned);
    expect(await tables.link('eth0')).toMatchObject({ allMulticast: before, txQueueLength: 70 });
  });

  it('releases a pod whose values cannot all be written back, and sets the others back', async () => {
    const tuned = options({ mtu: 1300, sysctl: { 'net.ipv4.conf.IFNAME.log_martians': '1', [arpNotify]: '1' } });
    await machine.succeed('tuning', 'ADD', tuned);
    const record = join(machine.directory, 'state/tuning/test-net/test:eth0');
    const written = readFileSync(record, 'utf8');
    expect(written).toContain('"net/ipv4/conf/eth0/arp_notify":"0"');
    writeFileSync(record, written.replace('arp_notify":"0"', 'arp_notify":"neither"'));
    await machine.succeed('tuning', 'DEL', tuned);
    expect([(await tables.link('eth0'))?.mtu, readSysctl(martians, pod)]).toEqual([1500, '0']);
    expect(existsSync(record)).toBe(false);
  });

  it('sets back what depends on other values, and sets what the kernel never shows', async () => {
    const [start, range] = ['net.ipv4.ip_unprivileged_port_start', 'net.ipv4.ip_local_port_range'];
    const sysctl = {
      [start]: '0',
      [range]: '500 60000',
      'net.ipv6.conf.IFNAME.stable_secret': 'fd00:0000:0000:0000:0000:0000:0000:0001',
    };
    const values = (): (string | undefined)[] => [start, range].map((name) => readSysctl(name, pod));
    const before = values();
    const tuned = options({ sysctl });
    await machine.succeed('tuning', 'ADD', tuned);
    expect(values()).toEqual(['0', '500\t60000']);
    await machine.succeed('tuning', 'CHECK', tuned);
    await machine.succeed('tuning', 'DEL', tuned);
    expect(values()).toEqual(before);
  });

  it("obeys the pod's own arguments before the configuration", async () => {
    const cni = {
      mtu: 1400,
      promisc: true,
      allmulti: true,
      txQLen: 55,
      sysctl: { 'net.ipv4.conf.IFNAME.log_martians': '1' },
    };
    const tuned = options({ mtu: 1300, sysctl: { [arpNotify]: '1' }, args: { cni } });
    await machine.succeed('tuning', 'ADD', tuned);
    const set = { mtu: 1400, promiscuous: true, allMulticast: true, txQueueLength: 55 };
    expect(await tables.link('eth0')).toMatchObject(set);
    expect([readSysctl(martians, pod), readSysctl(arpNotify, pod)]).toEqual(['1', '1']);
    await machine.succeed('tuning', 'CHECK', tuned);
    const wrong = await machine.call('tuning', 'ADD', options({ args: { cni: { mtu: 'large' } } }));
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      code: 7,
      msg: expect.stringContaining('args.cni.mtu') as unknown,
    });
  });

  it('sets no parameter that the administrator did not allow', async () => {
    const allowlist = join(machine.directory, 'tuning', 'allowlist.conf');
    const executor = new InProcessExecutor([new TuningPlugin(machine.host, { allowlist })], new ProcessExecutor());
    const add = async (name: string): Promise<unknown> => {
      const stdin = JSON.stringify({
        name: 'test-net',
        type: 'tuning',
        ...options({ sysctl: { [name]: '1' } }).config,
      });
      const environment = {
        CNI_COMMAND: 'ADD',
        CNI_CONTAINERID: 'a',
        CNI_IFNAME: 'eth0',
        CNI_NETNS: pod.path,
        CNI_PATH: '/x',
      };
      const { exitCode, stdout } = await executor.execute({ type: 'tuning', path: [], environment, stdin });
      return exitCode === 0 ? 'set' : (JSON.parse(stdout) as CniJson)['code'];
    };
    const allowed = 'net.ipv4.conf.IFNAME.log_martians';
    const other = 'net.ipv4.conf.IFNAME.arp_notify';
    expect(await add(other)).toBe('set');
    mkdirSync(join(machine.directory, 'tuning'));
    writeFileSync(allowlist, '\n  ^net\\.ipv4\\.conf\\.IFNAME\\.log_[a-z]+$  \n^net\\.core\\.\n');
    expect([await add(allowed), await add(other), await add('net.ipv4.conf.eth0.log_martians')]).toEqual(['set', 7, 7]);
    writeFileSync(allowlist, '');
    expect(await add(allowed)).toBe(7);
    // One line that is no expression lets nothing pass.
    writeFileSync(allowlist, '^net.(\n.*\n');
    expect(await add(allowed)).toBe(5);
    rmSync(allowlist);
    expect(await add(other)).toBe('set');
  });
});
