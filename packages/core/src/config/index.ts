/**
 * Configuration for programs that start a host: settings from file, environment and flags, plugin packages by name, and
 * `kubewright.config.ts`. An entry of its own, because plugins do not need it and the main entry stays quick to import.
 *
 * @packageDocumentation
 */
export { loadSettings } from './load-settings.js';
export type { LoadedSettings, SettingSources } from './load-settings.js';
export { describeSettings } from './describe-settings.js';
export { readSettingsFile } from './read-settings-file.js';
export { defineConfig, findConfigFile, loadConfigFile, resolvePlugins } from '../packages/config-file.js';
export type { KubewrightConfig } from '../packages/config-file.js';
export { loadPluginPackage } from '../packages/load-plugin-package.js';
export type { LoadPackageOptions } from '../packages/load-plugin-package.js';
