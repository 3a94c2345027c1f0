import { readFile, realpath } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseTrusted, recordOf } from '../json/unknown-value.js';
import { coreErrors } from '../errors/core-errors.js';
import { messageOf } from '../errors/message-of.js';
import { extensionPoint } from '../plugin/extension-point.js';
import type { PluginLike } from '../plugin/plugin.js';
import { register } from '../registry/registration.js';
import { readManifest } from './package-manifest.js';

export interface LoadPackageOptions {
  /** The directory whose `node_modules` (or those above it) hold the package: the user's project. */
  readonly directory: string;
  /** The version of Kubewright that the package has to fit. Default: that of this package, which is that of all. */
  readonly kubewright?: string;
}

/**
 * Loads the plugins of an installed package by the package's name. The package's package.json declares them:
 *
 * ```json
 * "kubewright": { "range": "^0.1.0", "plugins": "./dist/plugins.js", "extensionPoints": ["@kubewright/scheduler/Filter"] }
 * ```
 *
 * and the module's default export is a plugin or a list of plugins. Nothing of a package that does not fit is run.
 *
 * @returns a bundle for `use`; it also makes the host demand that the declared extension points are consumed.
 * @throws KW_CORE_PACKAGE_NOT_FOUND, KW_CORE_PACKAGE_INVALID or KW_CORE_PACKAGE_INCOMPATIBLE.
 */
export async function loadPluginPackage(name: string, options: LoadPackageOptions): Promise<PluginLike> {
  const path = packageJsonOf(name, options.directory);
  const manifest = readManifest(name, await readJson(name, path), options.kubewright ?? (await ownVersion()));
  const plugins = await importPlugins(name, dirname(path), manifest.plugins);
  const { extensionPoints, version } = manifest;
  return [
    { name: `package ${name}`, version, requiresConsumersOf: extensionPoints.map((point) => extensionPoint(point)) },
    plugins,
  ];
}

function packageJsonOf(name: string, directory: string): string {
  let path: string | undefined;
  // A relative or absolute path would load a file, and an inner path another package.json than the package's.
  if (/^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/i.test(name)) {
    try {
      path = findPackageJSON(name, pathToFileURL(join(directory, 'package.json')));
    } catch {
      // Not there: said below.
    }
  }
  if (path === undefined) throw coreErrors.PACKAGE_NOT_FOUND({ name, directory });
  return path;
}

async function readJson(name: string, path: string): Promise<unknown> {
  try {
    const content: unknown = JSON.parse(await readFile(path, 'utf8'));
    return content;
  } catch (error) {
    throw coreErrors.PACKAGE_INVALID(
      { name, reason: `its package.json cannot be read: ${messageOf(error)}` },
      { cause: error },
    );
  }
}

async function importPlugins(name: string, directory: string, path: string): Promise<PluginLike> {
  let exported: unknown;
  try {
    const file = await realpath(join(directory, path));
    if (!file.startsWith((await realpath(directory)) + sep)) throw new Error(`${path} leads out of the package`);
    exported = recordOf(await import(pathToFileURL(file).href))['default'];
  } catch (error) {
    throw coreErrors.PACKAGE_INVALID(
      { name, reason: `${path} cannot be imported: ${messageOf(error)}` },
      { cause: error },
    );
  }
  if (exported === undefined)
    throw coreErrors.PACKAGE_INVALID({
      name,
      reason: `${path} has no default export, which has to be a plugin or a list of plugins`,
    });
  const [problem] = register(exported).problems;
  if (problem)
    throw coreErrors.PACKAGE_INVALID(
      { name, reason: `the default export of ${path} does not hold plugins only: ${problem.message}` },
      { cause: problem },
    );
  return exported as PluginLike;
}

/** All packages of the project have one version, so the core's own stands for all. */
async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return parseTrusted<{ readonly version: string }>(text).version;
}
