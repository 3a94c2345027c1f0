import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettingsFile } from '../config/read-settings-file.js';
import { Host } from '../host/host.js';
import { findConfigFile, loadConfigFile, resolvePlugins } from './config-file.js';
import { loadPluginPackage } from './load-plugin-package.js';

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'kubewright-core-'))));
afterEach(() => rm(directory, { recursive: true }));

async function write(path: string, content: string | object): Promise<string> {
  const file = join(directory, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const manifest = {
  name: '@acme/storage',
  version: '2.0.0',
  type: 'module',
  kubewright: { range: '^0.1.0', plugins: './plugins.js' },
};
const install = async (content: object, module = "export default { name: 'acme' };"): Promise<void> => {
  await write('node_modules/@acme/storage/package.json', content);
  await write('node_modules/@acme/storage/plugins.js', module);
};
const load = () => loadPluginPackage('@acme/storage', { directory, kubewright: '0.1.4' });

describe('loadPluginPackage', () => {
  it('gives the plugins of the package', async () => {
    await install(manifest, "export default [{ name: 'one' }, [{ name: 'two' }]];");
    const names = new Host()
      .use(await load())
      .graph()
      .nodes.map(({ name }) => name);
    expect(names).toEqual(['package @acme/storage', 'one', 'two']);
  });

  it('finds it although its exports are closed, and by default fits the version of this package', async () => {
    await install({ ...manifest, exports: { '.': './index.js' } });
    await expect(loadPluginPackage('@acme/storage', { directory })).resolves.toBeDefined();
  });

  it('lets the host demand the extension points that the package declares', async () => {
    await install({
      ...manifest,
      kubewright: {
        ...manifest.kubewright,
        extensionPoints: ['@kubewright/scheduler/Filter', '@kubewright/core/HealthCheck'],
      },
    });
    const host = new Host().use(await load());
    expect(() => host.validate()).toThrow(
      "1 problem\n  1. plugin 'package @acme/storage' extends extension point @kubewright/scheduler/Filter, which no plugin of this host consumes",
    );
  });

  it.each<[string, object, string]>([
    [
      'another range',
      { ...manifest, kubewright: { range: '^0.2.0', plugins: './plugins.js' } },
      "package '@acme/storage' 2.0.0 works with Kubewright ^0.2.0, and this is 0.1.4: install a version of '@acme/storage' for 0.1.4",
    ],
    ['no field', { name: 'x' }, 'its package.json has no field "kubewright", so it is no plugin package'],
    [
      'no range',
      { kubewright: { plugins: './plugins.js' } },
      '"kubewright.range" in its package.json must be a version range',
    ],
    [
      'a path that leads out',
      { kubewright: { range: '*', plugins: './../../other.js' } },
      '"kubewright.plugins" in its package.json must be the path of a module inside the package',
    ],
    [
      'points that are no names',
      { kubewright: { range: '*', plugins: './plugins.js', extensionPoints: [1] } },
      '"kubewright.extensionPoints" in its package.json must be a list of names',
    ],
    ['a missing module', { kubewright: { range: '*', plugins: './nowhere.js' } }, './nowhere.js cannot be imported: '],
  ])('refuses %s', async (_what, content, text) => {
    await install(content);
    await expect(load()).rejects.toThrow(text);
  });

  it.each([
    ['export const plugins = [];', 'has no default export, which has to be a plugin or a list of plugins'],
    ['export default [class Plain {}];', 'does not hold plugins only: Plain is not a plugin'],
    ["throw new Error('broken inside');", 'cannot be imported: broken inside'],
  ])('refuses a module with %o', async (module, text) => {
    await install(manifest, module);
    await expect(load()).rejects.toThrow(text);
  });

  it('refuses a link that leads out of the package', async () => {
    await install({ ...manifest, kubewright: { range: '*', plugins: './link.js' } });
    await symlink(
      await write('outside.js', 'export default [];'),
      join(directory, 'node_modules/@acme/storage/link.js'),
    );
    await expect(load()).rejects.toThrow('./link.js leads out of the package');
  });

  it.each(['@acme/nothing', './local.js', '../up', '/etc/passwd', 'a/b/c', ''])('does not find %o', async (name) => {
    await expect(loadPluginPackage(name, { directory })).rejects.toMatchObject({ code: 'KW_CORE_PACKAGE_NOT_FOUND' });
  });
});

describe('the config file', () => {
  it('is found by its name, TypeScript first', async () => {
    expect(await findConfigFile(directory)).toBeUndefined();
    await write('kubewright.config.mjs', '');
    expect(await findConfigFile(directory)).toBe(join(directory, 'kubewright.config.mjs'));
    const first = await write('kubewright.config.ts', '');
    expect(await findConfigFile(directory)).toBe(first);
  });

  it('names packages and plugins', async () => {
    await install(manifest);
    const path = await write(
      'kubewright.config.mjs',
      "export default { plugins: ['@acme/storage', { name: 'own' }], settings: { apiserver: { port: 1 } } };",
    );
    const config = await loadConfigFile(path);
    expect(config.settings).toEqual({ apiserver: { port: 1 } });
    const host = new Host().use(await resolvePlugins(config, { directory }));
    expect(host.graph().nodes.map(({ name }) => name)).toEqual(['package @acme/storage', 'acme', 'own']);
  });

  it('goes through tsx where the project has it', async () => {
    await write('node_modules/tsx/package.json', { name: 'tsx', type: 'module', exports: { './esm/api': './api.js' } });
    await write(
      'node_modules/tsx/api.js',
      'export const tsImport = async (url, options) => ({ default: { settings: { seen: { url, ...options } } } });',
    );
    const path = await write('kubewright.config.ts', 'not JavaScript');
    const tsconfig = await write('tsconfig.json', {});
    const url = `file://${path}`;
    expect((await loadConfigFile(path)).settings).toEqual({ seen: { url, parentURL: url, tsconfig } });
  });

  it.each([
    ['export default 5;', 'it must export default defineConfig({ … })'],
    ['export default { plugin: [] };', 'it has unknown fields plugin; known are plugins, settings'],
    ["export default { plugins: 'x' };", 'plugins must be a list'],
    ["throw new Error('typo');", 'typo'],
  ])('refuses %o', async (content, text) => {
    const path = await write('kubewright.config.mjs', content);
    await expect(loadConfigFile(path)).rejects.toThrow(`the config file ${path} cannot be used: ${text}`);
  });
});

describe('readSettingsFile', () => {
  it.each([
    ['a.json', '{"port": 1}'],
    ['a.yaml', 'port: 1 # one'],
  ])('reads %s', async (name, content) => {
    const path = await write(name, content);
    expect(await readSettingsFile(path)).toEqual({ name: path, values: { port: 1 } });
  });

  it.each([
    ['a.json', '{'],
    ['a.yaml', 'a: ['],
  ])('names a broken %s', async (name, content) => {
    const path = await write(name, content);
    await expect(readSettingsFile(path)).rejects.toThrow(`the settings file ${path} cannot be read: `);
  });

  it('names one that is not there', async () => {
    await expect(readSettingsFile(join(directory, 'none.yaml'))).rejects.toMatchObject({
      code: 'KW_CORE_SETTINGS_FILE',
    });
  });
});
