/** What the project in a directory says about itself in its `kubewright.config.ts`. */
import type { PluginLike } from '@kubewright/core';
import { findConfigFile, loadConfigFile, loadPluginPackage, resolvePlugins } from '@kubewright/core/config';
import type { KubewrightConfig } from '@kubewright/core/config';

export interface ProjectConfig extends KubewrightConfig {
  /** Where it was found; undefined where there is none. */
  readonly path: string | undefined;
}

const loaded = new Map<string, Promise<ProjectConfig>>();

/** The configuration of a project, empty where it has none. A file is run once, however often it is asked for. */
export function projectConfig(directory: string): Promise<ProjectConfig> {
  const known = loaded.get(directory);
  if (known !== undefined) return known;
  const loading = (async () => {
    const path = await findConfigFile(directory);
    return { path, ...(path === undefined ? {} : await loadConfigFile(path)) };
  })();
  loaded.set(directory, loading);
  return loading;
}

/** The plugins of a project, and the packages named besides. */
export async function projectPlugins(directory: string, packages: readonly string[]): Promise<PluginLike[]> {
  const configured = await resolvePlugins(await projectConfig(directory), { directory });
  const named = await Promise.all(packages.map((name) => loadPluginPackage(name, { directory })));
  return [...configured, ...named];
}
