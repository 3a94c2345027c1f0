import type { PluginOutput } from '@kubewright/cni-sdk';
import type { PluginKind } from '../profile/profile.js';
import type { PluginDefect } from './reference-plugin.js';

/** A request on its way to the plugin. */
export interface WireRequest {
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/** Passes a request on, changed, or its answer. */
export type Wire = (
  request: WireRequest,
  serve: (request: WireRequest) => Promise<PluginOutput>,
) => Promise<PluginOutput>;

export interface Defect {
  readonly name: string;
  /** Ids of checks that have to fail. */
  readonly caughtBy: readonly string[];
  /** What the plugin is that has it. Default: `interface`. */
  readonly kind?: Extract<PluginKind, 'interface' | 'chained'>;
  readonly plugin?: PluginDefect;
  readonly wire?: Wire;
  /** Shell commands to run in place of the executable, which is in `$shim`. */
  readonly script?: string;
}
