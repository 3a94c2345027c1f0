/** The file `kubewright.config.ts` (or `.mts`, `.js`, `.mjs`): the plugins and settings of a project. */
import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { UnknownRecord } from '../json/unknown-value.js';
import { recordOf } from '../json/unknown-value.js';
import { coreErrors } from '../errors/core-errors.js';
import { messageOf } from '../errors/message-of.js';
import type { PluginLike } from '../plugin/plugin.js';
import { loadPluginPackage } from './load-plugin-package.js';
import type { LoadPackageOptions } from './load-plugin-package.js';

export interface KubewrightConfig {
  /** Plugins and bundles, or the names of installed plugin packages, in order. */
  readonly plugins?: readonly (string | PluginLike)[];
  /** Settings by section; who owns a section checks it with `loadSettings`. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Gives a config file its types.
 *
 * ```ts
 * export default defineConfig({ plugins: ['@acme/kubewright-storage', WebsiteController] });
 * ```
 */
export function defineConfig(config: KubewrightConfig): KubewrightConfig {
  return config;
}

const names = ['kubewright.config.ts', 'kubewright.config.mts', 'kubewright.config.js', 'kubewright.config.mjs'];
const fields = ['plugins', 'settings'];

/** The path of the config file in a directory, the first that is there of `.ts`, `.mts`, `.js`, `.mjs`. */
export async function findConfigFile(directory: string): Promise<string | undefined> {
  for (const name of names) {
    const path = join(directory, name);
    if (await exists(path)) return path;
  }
  return undefined;
}

/**
 * Imports a config file. A TypeScript file goes through `tsx` where the project has it, and otherwise through Node's own type
 * stripping, which takes no decorators.
 *
 * @throws KW_CORE_CONFIG_FILE where it cannot be imported or its default export is no configuration.
 */
export async function loadConfigFile(path: string): Promise<KubewrightConfig> {
  let loaded: UnknownRecord;
  try {
    loaded = recordOf(await importFile(path));
  } catch (error) {
    throw coreErrors.CONFIG_FILE({ path, reason: messageOf(error) + importHint(path) }, { cause: error });
  }
  const config = loaded['default'];
  if (typeof config !== 'object' || config === null)
    throw coreErrors.CONFIG_FILE({ path, reason: 'it must export default defineConfig({ … })' });
  const unknown = Object.keys(config).filter((key) => !fields.includes(key));
  if (unknown.length > 0)
    throw coreErrors.CONFIG_FILE({
      path,
      reason: `it has unknown fields ${unknown.join(', ')}; known are ${fields.join(', ')}`,
    });
  const { plugins } = recordOf(config);
  if (plugins !== undefined && !Array.isArray(plugins))
    throw coreErrors.CONFIG_FILE({ path, reason: 'plugins must be a list' });
  return config;
}

/** The plugins of a configuration, with packages loaded in place of their names. */
export async function resolvePlugins(config: KubewrightConfig, options: LoadPackageOptions): Promise<PluginLike[]> {
  return await Promise.all(
    (config.plugins ?? []).map(async (plugin) =>
      typeof plugin === 'string' ? await loadPluginPackage(plugin, options) : plugin,
    ),
  );
}

interface TsxApi {
  tsImport(specifier: string, options: { readonly parentURL: string; readonly tsconfig?: string }): Promise<unknown>;
}

async function importFile(path: string): Promise<unknown> {
  const url = pathToFileURL(path).href;
  const tsx = isTypeScript(path) ? tsxOf(path) : undefined;
  if (tsx === undefined) return await import(url);
  const { tsImport } = (await import(pathToFileURL(tsx).href)) as TsxApi;
  const tsconfig = await nearestTsconfig(dirname(path));
  return await tsImport(url, { parentURL: url, ...(tsconfig === undefined ? {} : { tsconfig }) });
}

/** tsx looks in the working directory only, and the project's `experimentalDecorators` decides what a decorator is. */
async function nearestTsconfig(directory: string): Promise<string | undefined> {
  const path = join(directory, 'tsconfig.json');
  if (await exists(path)) return path;
  const parent = dirname(directory);
  return parent === directory ? undefined : await nearestTsconfig(parent);
}

const exists = async (path: string): Promise<boolean> =>
  await access(path).then(
    () => true,
    () => false,
  );

function tsxOf(path: string): string | undefined {
  try {
    return createRequire(path).resolve('tsx/esm/api');
  } catch {
    return undefined;
  }
}

const isTypeScript = (path: string): boolean => ['.ts', '.mts'].includes(extname(path));

function importHint(path: string): string {
  return isTypeScript(path) && tsxOf(path) === undefined
    ? '; without the package tsx only plain type annotations work: npm install --save-dev tsx'
    : '';
}
