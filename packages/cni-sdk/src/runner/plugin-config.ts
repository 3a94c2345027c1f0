import { recordOf } from '@kubewright/core';
import type { CniJson } from '../result/encode.js';
import type { NetworkList } from './network-list.js';

/** What stands on a plugin's stdin: its object, and what the runtime adds. Unknown keys pass through. */
export function pluginConfig(
  list: Pick<NetworkList, 'name' | 'version'>,
  plugin: CniJson,
  added: { readonly prevResult?: CniJson; readonly capabilityArguments?: CniJson; readonly extra?: CniJson },
): CniJson {
  const own = Object.fromEntries(Object.entries(plugin).filter(([key]) => !key.startsWith('cni.dev/')));
  const runtimeConfig = runtimeConfigOf(plugin, added.capabilityArguments ?? {});
  return {
    ...own,
    name: list.name,
    cniVersion: list.version,
    ...(runtimeConfig === undefined ? {} : { runtimeConfig }),
    ...(added.prevResult === undefined ? {} : { prevResult: added.prevResult }),
    ...added.extra,
  };
}

/** Of what the runtime has, the capabilities that the plugin declared. */
function runtimeConfigOf(plugin: CniJson, capabilityArguments: CniJson): CniJson | undefined {
  const declared = recordOf(plugin['capabilities']);
  const given = Object.entries(capabilityArguments).filter(([name]) => declared[name] === true);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}
