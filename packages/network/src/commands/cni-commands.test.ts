import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CniDaemon, cniSdkErrors } from '@kubewright/cni-sdk';
import type { SettingValues } from '@kubewright/core';
import { RecordingIo, commandContext, describeCliCommandContract, readWords } from '@kubewright/core/testing';
import { informerErrors } from '@kubewright/informer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { networkErrors } from '../errors.js';
import { cniCommands } from './cni-commands.js';
import { install, uninstallAll } from './install.js';
import { overlaySettings, pathSettings } from './options.js';
import type { installSettings } from './options.js';
import { runOverlay } from './overlay.js';
import { requestCommand, serveRequest } from './serve-request.js';
import { serve } from './serve.js';

for (const command of cniCommands) describeCliCommandContract({ describe, it }, command);

describe('kubewright cni install and uninstall', () => {
  let directory: string;
  let io: RecordingIo;
  let options: SettingValues<typeof installSettings>;
  const invocation = (more: Partial<typeof options> = {}) => ({
    ...commandContext(io),
    options: { ...options, ...more },
    positionals: [],
  });

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'install-'));
    options = {
      socket: join(directory, 'cni.sock'),
      binDir: join(directory, 'bin'),
      confDir: join(directory, 'net.d'),
      file: '10-test.conflist',
      stateDir: join(directory, 'state'),
      subnet: ['10.85.0.0/24', 'fd85::/64'],
      cluster: false,
      list: undefined,
      wait: 0,
      force: false,
    };
    io = new RecordingIo();
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
    expect(io.written).toMatch(
      /^put bandwidth, bridge, .* into .*\/bin\nput the network 'kubewright' into .*\.conflist\n$/,
    );
    await uninstallAll(invocation());
    expect([readdirSync(join(directory, 'bin')), readdirSync(join(directory, 'net.d'))]).toEqual([[], []]);
    expect(io.written).toContain(`took 10-test.conflist out of ${join(directory, 'net.d')}\ntook bandwidth, bridge, `);
    await uninstallAll(invocation());
    expect(io.written).toContain('there is nothing of ours in');
  });

  it("replaces other vendors' plugins only when told to, and tells the shims what to start without the daemon", async () => {
    await using daemon = new CniDaemon({ plugins: [], socketPath: join(directory, 'cni.sock') });
    await daemon.start();
    mkdirSync(join(directory, 'bin'));
    writeFileSync(join(directory, 'bin/bridge'), 'of Go');
    await expect(install(invocation())).rejects.toSatisfy((error) => cniSdkErrors.FOREIGN_PLUGIN.is(error));
    await install(invocation({ force: true }));
    const words = [...requestCommand(join(directory, 'state')), 'bridge'];
    expect(readFileSync(join(directory, 'bin/bridge')).includes(`${words.join('\0')}\0`)).toBe(true);
    expect(existsSync(words[1] ?? '')).toBe(true);
    await uninstallAll(invocation());
    expect(readFileSync(join(directory, 'bin/bridge'), 'utf8')).toBe('of Go');
  });

  it('serves a request without the daemon', async () => {
    const target = {
      env: { CNI_COMMAND: 'STATUS', CNI_PATH: '/nowhere' },
      stdin: Readable.from([
        Buffer.from('{"cniVersion":"1.1.0","name":"net","type":"static","ipam":{"type":"static"}}'),
      ]),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      exitCode: undefined,
    };
    await serveRequest([join(directory, 'state'), 'static'], target);
    target.stdout.end();
    expect([await text(target.stdout), target.exitCode]).toEqual(['', 0]);
    await expect(serveRequest([directory, 'macvlan'], target)).rejects.toThrow("no network plugin 'macvlan'");
  });

  it('writes nothing while nobody serves the plugins, and says that it waits', async () => {
    await expect(install(invocation({ wait: 1 }))).rejects.toSatisfy((error) => networkErrors.DAEMON_AWAY.is(error));
    expect(readdirSync(directory)).toEqual([]);
    expect(io.written).toBe(`waiting for the daemon at ${join(directory, 'cni.sock')}\n`);
  });

  it('puts the list of a node in place where the cluster gives the networks', async () => {
    await using daemon = new CniDaemon({ plugins: [], socketPath: join(directory, 'cni.sock') });
    await daemon.start();
    await install(invocation({ cluster: true }));
    const list = JSON.parse(readFileSync(join(directory, 'net.d/10-test.conflist'), 'utf8')) as unknown;
    expect(list).toMatchObject({ plugins: [{ ipMasq: false, ipam: { type: 'cluster-local' } }, {}, {}] });
  });

  it.each(['nonsense', '10.1.0.0/99', '10.1.0.0', '10.1.0.0/31', '10.1.0.1/24'])(
    'refuses the network %s before it writes anything',
    async (subnet) => {
      await expect(install(invocation({ subnet: [subnet] }))).rejects.toThrow('--subnet');
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  it('refuses a list that is none before it writes anything', async () => {
    for (const text of ['[]', '{"cniVersion":"1.1.0","name":"net","plugins":[]}']) {
      writeFileSync(join(directory, 'list'), text);
      const attempt = install(invocation({ list: join(directory, 'list') }));
      await expect(attempt).rejects.toSatisfy((error) => networkErrors.INVALID_LIST.is(error));
    }
    expect(readdirSync(directory)).toEqual(['list']);
  });

  it('says what is wrong with the cluster of an overlay, and ends', async () => {
    const { options: told } = readWords([
      '--node=one',
      `--kubeconfig=${join(directory, 'none')}`,
      `--state-dir=${directory}`,
    ])(overlaySettings);
    const started = runOverlay({ ...commandContext(io), options: told, positionals: [] });
    await expect(started).rejects.toSatisfy((error) =>
      informerErrors.KUBECONFIG_NOT_FOUND.is((error as Error).cause ?? error),
    );
    const signal = AbortSignal.abort(new Error('enough'));
    const stopped = runOverlay({ ...commandContext(io, { signal }), options: told, positionals: [] });
    await expect(stopped).rejects.toThrow('enough');
  });

  it('takes file names that a runtime would read', () => {
    const { validate } = pathSettings.file;
    expect(
      ['10-a.conflist', 'a.json', '../a.conflist', '.conflist'].map((name) => validate?.(name) === undefined),
    ).toEqual([true, false, false, false]);
  });

  it('serves until it is told to stop', async () => {
    const stop = new AbortController();
    const socket = join(directory, 'served.sock');
    const context = commandContext(io, { signal: stop.signal });
    const served = serve({ ...context, options: { socket, stateDir: directory }, positionals: [] });
    await expect.poll(() => io.written).toBe(`the network plugins are served at ${socket}\n`);
    expect(readdirSync(directory)).toContain('served.sock');
    stop.abort();
    await served;
    expect(readdirSync(directory)).not.toContain('served.sock');
  });
});
