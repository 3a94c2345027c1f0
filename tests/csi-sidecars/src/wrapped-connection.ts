import type { PluginLike } from '@kubewright/core';
import type { CsiClient } from '@kubewright/csi-sdk';
import { DriverConnection, csiSidecars } from '@kubewright/csi-sidecars';
import type { CsiSidecarsOptions } from '@kubewright/csi-sidecars';

/** Makes the call, or does something else. @param name - of the method. @param request - its first argument. */
export type Wrap = (name: string, request: unknown, call: () => Promise<unknown>) => Promise<unknown>;

/** A connection whose controller calls that change something go through `wrap`. */
export function wrapCalls(client: CsiClient, wrap: Wrap): CsiClient {
  const controller = new Proxy(client.controller, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function' || /^(controllerGet|list|get)/.test(String(name))) return method;
      const call = method as (...args: unknown[]) => Promise<unknown>;
      return (...args: unknown[]) => wrap(String(name), args[0], () => call.apply(target, args));
    },
  });
  return { ...client, controller };
}

/** The sidecars with a connection of another class, which provides `DriverConnection`. */
export function sidecarsWith(connection: PluginLike, options: CsiSidecarsOptions): readonly PluginLike[] {
  return csiSidecars(options).map((plugin) => (plugin === DriverConnection ? connection : plugin));
}
