import { create } from '@bufbuild/protobuf';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemRandom, silentLogger } from '@kubewright/core';
import { FakeClock } from '@kubewright/core/testing';
import { NamespaceMode, PodSandboxConfigSchema } from '@kubewright/cri-sdk/v1';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemPrograms } from '../programs/program-runner.js';
import { RecordStore } from '../state/record-store.js';
import {
  PretendedFiles,
  PretendedMonitor,
  PretendedNamespaces,
  PretendedNetwork,
  PretendedPause,
} from '../testing/pretended-parts.js';
import { SandboxManager } from './sandbox-manager.js';
import type { StoredSandbox } from './sandbox-record.js';

describe('SandboxManager', () => {
  let home: string;
  const clock = new FakeClock();
  const network = new PretendedNetwork();
  beforeEach(async () => void (home = await mkdtemp(join(tmpdir(), 'kw-sandboxes-'))));
  afterEach(() => rm(home, { recursive: true }));

  const open = async (): Promise<SandboxManager> => {
    const namespaces = new PretendedNamespaces(home, new SystemPrograms(clock));
    namespaces.hasNetwork = async () => true;
    const monitor = new PretendedMonitor({ prefix: [], exits: home, timeout: 1_000, clock });
    const manager = new SandboxManager({
      records: new RecordStore<StoredSandbox>({ directory: home, kind: 'sandbox', logger: silentLogger }),
      namespaces,
      pause: new PretendedPause({ directory: home, namespaces, monitor, runtimes: new Map() }),
      files: new PretendedFiles(home),
      network,
      clock,
      random: new SystemRandom(),
      logger: silentLogger,
    });
    await manager.open();
    return manager;
  };
  const config = (name: string, network: NamespaceMode) =>
    create(PodSandboxConfigSchema, {
      metadata: { name, namespace: 'n', uid: name, attempt: 0 },
      linux: { securityContext: { namespaceOptions: { network } } },
    });

  it('counts pods as stopped after a reboot, and gives their addresses back meanwhile', async () => {
    const before = await open();
    const pods = [
      await before.create(config('own', NamespaceMode.POD), ''),
      await before.create(config('host', NamespaceMode.NODE), ''),
    ];
    const kept = await open();
    expect(pods.map(({ id }) => kept.find(id)?.phase)).toEqual(['ready', 'ready']);
    for (const { id } of pods) {
      const path = join(home, `${id}.json`);
      const record = JSON.parse(await readFile(path, 'utf8')) as StoredSandbox;
      await writeFile(path, JSON.stringify({ ...record, boot: 'another' }));
    }
    // Whoever gives addresses back hangs at first, which nobody has to wait for, and fails then.
    const hanging = Promise.withResolvers<void>();
    const given = network.detach.bind(network);
    network.detach = () => hanging.promise;
    const after = await open();
    expect(pods.map(({ id }) => after.find(id)?.phase)).toEqual(['stopped', 'stopped']);
    hanging.reject(new Error('later'));
    const [{ id } = { id: '' }] = pods;
    await expect(after.stop(id)).rejects.toThrow('later');
    expect(network.leases.has(id)).toBe(true);
    network.detach = given;
    await after.remove(id);
    expect([network.leases.has(id), after.find(id)]).toEqual([false, undefined]);
  });
});
