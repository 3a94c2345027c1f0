/**
 * An embedded cluster has two hosts: the server's, which is up first and quickly, and the control plane's below it, whose
 * parts are clients of the server. A user names plugins without knowing of that; what a plugin extends tells where it belongs.
 */
import {
  AdmissionPlugin,
  Authenticator,
  Authorizer,
  RequestHandler,
  Storage,
  UpgradeHandler,
} from '@kubewright/apiserver';
import { pluginData } from '@kubewright/core';
import type { PluginData, PluginLike, Token } from '@kubewright/core';

export interface PlacedPlugins {
  readonly server: readonly PluginLike[];
  readonly controlPlane: readonly PluginLike[];
}

const serverPoints = new Set<Token<unknown>>([
  AdmissionPlugin,
  Authenticator,
  Authorizer,
  RequestHandler,
  Storage,
  UpgradeHandler,
]);

/**
 * Plugins that extend the API server, provide its storage or say that they belong to the foundation go to the server's
 * host, where the control plane sees them too; all others to the control plane's.
 */
export function placePlugins(plugin: PluginLike): PlacedPlugins {
  if (Array.isArray(plugin)) {
    const placed = (plugin as readonly PluginLike[]).map(placePlugins);
    return {
      server: placed.flatMap(({ server }) => server),
      controlPlane: placed.flatMap((each) => each.controlPlane),
    };
  }
  const single = plugin as Exclude<PluginLike, readonly PluginLike[]>;
  if (typeof single === 'function')
    return belongsToServer(pluginData(single)) ? toServer(single) : toControlPlane(single);
  if (belongsToServer(single)) return toServer(single);
  // A package demands that what it extends is there; each host can answer for its own extension points only.
  const demanded = single.requiresConsumersOf ?? [];
  const ofServer = demanded.filter((point) => serverPoints.has(point));
  const ofControlPlane = demanded.filter((point) => !serverPoints.has(point));
  if (ofServer.length === 0) return toControlPlane(single);
  if (ofControlPlane.length === 0) return toServer(single);
  return {
    server: [{ name: `${single.name} (server)`, requiresConsumersOf: ofServer }],
    controlPlane: [{ ...single, requiresConsumersOf: ofControlPlane }],
  };
}

const toServer = (plugin: PluginLike): PlacedPlugins => ({ server: [plugin], controlPlane: [] });
const toControlPlane = (plugin: PluginLike): PlacedPlugins => ({ server: [], controlPlane: [plugin] });

function belongsToServer(data: PluginData | undefined): boolean {
  if (data === undefined) return false;
  const tokens = [...(data.contributes ?? []), ...(data.provides ?? [])].map(tokenOf);
  return data.stage === 'foundation' || tokens.some((token) => serverPoints.has(token));
}

function tokenOf(entry: NonNullable<PluginData['provides']>[number]): Token<unknown> {
  return typeof entry === 'object' && 'target' in entry ? entry.token : entry;
}
