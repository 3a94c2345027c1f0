import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CniDaemon } from '@kubewright/cni-sdk';
import { describeCliCommandContract } from '@kubewright/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { networkErrors } from '../errors.js';
import { cniCommands } from './cni-commands.js';
import { install, uninstallAll } from './install.js';
import { serve } from './serve.js';

for (const command of cniCommands) describeCliCommandContract({ describe, it }, command);

describe('kubewright cni install and uninstall', () => {
  let directory: string;
  let options: Record<string, unknown>;
  const invocation = (more: Record<string, unknown> = {}) => ({
    options: { ...options, ...more },
    positionals: [],
    signal: new AbortController().signal,
  });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'install-'));
    options = {
      socket: join(directory, 'cni.sock'),
      binDir: join(directory, 'bin'),
      confDir: join(directory, 'net.d'),
      file: '10-test.conflist',
      subnet: ['10.85.0.0/24', 'fd85::/64'],
      wait: 0,
    };
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('puts the list in place when the daemon answers, and takes all away again', async () => {
    await using daemon = new CniDaemon({ plugins: [], socketPath: join(directory, 'cni.sock') });
    await daemon.start();
    await install(invocation());
    expect(readdirSync(join(directory, 'bin'))).toEqual(expect.arrayContaining(['bridge', 'host-local', 'portmap']));
    const list = JSON.parse(readFileSync(join(directory, 'net.d/10-test.conflist'), 'utf8')) as unknown;
    expect(list).toMatchObject({
      name: 'kubewright',
      plugins: [{ ipam: { routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }] } }, {}, {}],
    });
    await uninstallAll(invocation());
    expect([readdirSync(join(directory, 'bin')), readdirSync(join(directory, 'net.d'))]).toEqual([[], []]);
  });

  it('writes no list while nobody serves the plugins', async () => {
    await expect(install(invocation())).rejects.toSatisfy((error) => networkErrors.DAEMON_AWAY.is(error));
    expect(readdirSync(directory)).toEqual(['bin']);
  });

  it('refuses a list that is none before it writes anything', async () => {
    writeFileSync(join(directory, 'list'), '[]');
    const attempt = install(invocation({ list: join(directory, 'list') }));
    await expect(attempt).rejects.toSatisfy((error) => networkErrors.INVALID_LIST.is(error));
    expect(readdirSync(directory)).toEqual(['list']);
  });

  it('serves until it is told to stop', async () => {
    const stop = new AbortController();
    const socket = join(directory, 'served.sock');
    const served = serve({ options: { socket, stateDir: directory }, positionals: [], signal: stop.signal });
    await expect.poll(() => readdirSync(directory)).toContain('served.sock');
    stop.abort();
    await served;
    expect(readdirSync(directory)).not.toContain('served.sock');
  });
});
