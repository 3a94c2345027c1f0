import { tokenName } from '../di/token.js';
import { isExtensionPoint } from '../plugin/extension-point.js';
import { levelOf } from '../plugin/level.js';
import { consumedBy } from './dependencies.js';
import type { Registration } from './registration.js';
import type { Resolution } from './registry.js';

/**
 * `registered`: known, not started (yet); `started` until the host stops, then `stopped`; `failed`: its start did, or it said
 * so later; `skipped`: it cannot run here; `replaced` by another; `left out`: the host does without it.
 */
export type PluginState = 'registered' | 'started' | 'stopped' | 'failed' | 'skipped' | 'replaced' | 'left out';

export interface PluginReport {
  readonly name: string;
  readonly state: PluginState;
  /** Why it is not started, where there is more to say. */
  readonly reason?: string;
  /** Those of the extension points that it contributes to. */
  readonly levels: readonly string[];
  readonly provides: readonly string[];
  /** The extension points to which it contributes. */
  readonly contributes: readonly string[];
  readonly consumes: readonly string[];
  /** What it needs of other plugins of its host: each with the token or extension point, where it is not by name. */
  readonly needs: readonly { readonly plugin: string; readonly via?: string }[];
}

/** How a plugin that runs, or is to run, fares. */
export interface Progress {
  readonly state: PluginState;
  readonly reason?: string;
}

/** Every plugin of a host: first those that run, in the order of registration. */
export function reportPlugins(
  { registrations, replaced, leftOut, skipped, dependencies }: Resolution,
  progressOf: (name: string) => Progress,
): PluginReport[] {
  const report = (registration: Registration, progress: Progress): PluginReport => {
    const { data, provides, contributes } = registration;
    const points = contributes.map(({ token }) => token).filter(isExtensionPoint);
    const levels = points.map((point) => levelOf(point)?.name).filter((level) => level !== undefined);
    return {
      name: data.name,
      ...progress,
      levels: [...new Set(levels)],
      provides: provides.map(({ token }) => tokenName(token)),
      contributes: contributes.map(({ token }) => tokenName(token)),
      consumes: [...new Set(consumedBy(registration).map(tokenName))],
      needs: dependencies
        .filter(({ from }) => from === registration)
        .map(({ to, via }) => ({ plugin: to.data.name, ...(via !== undefined && { via }) })),
    };
  };
  return [
    ...registrations.map((each) => report(each, progressOf(each.data.name))),
    ...[...skipped].map(([each, reason]) => report(each, { state: 'skipped', reason })),
    ...[...replaced].map(([each, by]) => report(each, { state: 'replaced', reason: `by '${by.data.name}'` })),
    ...leftOut.map((each) => report(each, { state: 'left out', reason: 'the host does without it' })),
  ];
}
