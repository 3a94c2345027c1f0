import { contribute } from '@kubewright/core';
import type { ExtensionPoint, PluginDefinition } from '@kubewright/core';

/** A plugin that is nothing but one contribution. */
export function contributing<T>(name: string, point: ExtensionPoint<T>, value: T): PluginDefinition {
  return { name, contributes: [contribute(point, { value })] };
}
