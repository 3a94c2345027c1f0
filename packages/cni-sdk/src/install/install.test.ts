import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '@kubewright/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cniSdkErrors } from '../errors.js';
import { RecordingPlugin } from '../testing/recording-plugin.js';
import { installNetwork, installPlugins, uninstall } from './install.js';

describe('installation', () => {
  const socketPath = '/run/test/cni.sock';
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'install-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const list = { cniVersion: '1.1.0', name: 'net', plugins: [{ type: 'recording' }] };

  it('puts plugins and list in place, replaces them, and takes them away again', async () => {
    const binDirectory = join(directory, 'bin');
    const configDirectory = join(directory, 'net.d');
    const plugins = [new RecordingPlugin(), new RecordingPlugin('second')];
    const install = {
      plugins,
      binDirectory,
      socketPath,
      architecture: 'x64',
      random: new SeededRandom(),
      fallback: ['/usr/bin/node', '/app/main.js'],
    };
    const network = { configDirectory, file: '10-net.conflist', list };
    for (let round = 0; round < 2; round += 1) {
      await installPlugins(install);
      await installNetwork(network);
    }
    expect(readdirSync(binDirectory)).toEqual(['recording', 'second']);
    expect(statSync(join(binDirectory, 'second')).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(binDirectory, 'second')).includes('/app/main.js\0second\0')).toBe(true);
    expect(readdirSync(configDirectory)).toEqual(['10-net.conflist']);
    writeFileSync(join(binDirectory, 'second'), 'of somebody else');
    for (let round = 0; round < 2; round += 1) await uninstall({ network, plugins: install });
    expect(readdirSync(binDirectory)).toEqual(['second']);
    expect(readdirSync(configDirectory)).toEqual([]);
  });

  it("replaces other vendors' plugins only by force, and puts them back", async () => {
    const binDirectory = join(directory, 'bin');
    const plugins = [new RecordingPlugin('new'), new RecordingPlugin('bridge'), new RecordingPlugin('linked')];
    const install = { plugins, binDirectory, socketPath, architecture: 'x64', random: new SeededRandom() };
    mkdirSync(binDirectory);
    writeFileSync(join(binDirectory, 'bridge'), 'of Go', { mode: 0o755 });
    symlinkSync('bridge', join(binDirectory, 'linked'));
    const refused = installPlugins(install);
    await expect(refused).rejects.toThrow(cniSdkErrors.FOREIGN_PLUGIN.code);
    await expect(refused).rejects.toThrow('bridge, linked');
    expect(readdirSync(binDirectory)).toEqual(['bridge', 'linked']);
    // What is kept the first time is not replaced by our own the second time.
    for (let round = 0; round < 2; round += 1) await installPlugins({ ...install, force: true });
    expect(readFileSync(join(binDirectory, 'bridge')).includes(socketPath)).toBe(true);
    const gone = await uninstall({ plugins: install });
    expect(gone).toEqual(['new', 'bridge', 'linked'].map((name) => join(binDirectory, name)));
    expect(readdirSync(binDirectory)).toEqual(['bridge', 'linked']);
    expect(readFileSync(join(binDirectory, 'linked'), 'utf8')).toBe('of Go');
    expect(statSync(join(binDirectory, 'bridge')).mode & 0o777).toBe(0o755);
  });

  it('takes away the shims of its own daemon alone', async () => {
    const install = { plugins: [new RecordingPlugin()], binDirectory: directory, socketPath, architecture: 'x64' };
    await installPlugins({ ...install, socketPath: `/var${socketPath}` });
    expect(await uninstall({ plugins: install })).toEqual([]);
    expect(readdirSync(directory)).toEqual(['recording']);
  });

  it('refuses a list that a runtime could not read, and names that are paths', async () => {
    const network = { configDirectory: directory, file: 'x.conflist', list: { ...list, name: '' } };
    await expect(installNetwork(network)).rejects.toThrow(cniSdkErrors.INVALID_NETWORK.code);
    await expect(installNetwork({ ...network, list: { ...list, plugins: [] } })).rejects.toThrow('at least one plugin');
    await expect(installNetwork({ ...network, file: 'x.json', list })).rejects.toThrow('.conflist');
    await expect(installNetwork({ ...network, file: '../x.conflist', list })).rejects.toThrow('not a path');
  });
});
