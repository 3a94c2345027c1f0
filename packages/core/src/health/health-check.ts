/**
 * Whether a program can do its work: checks that plugins contribute, and the report of all of them. Who serves it is
 * elsewhere.
 */
import { extensionPoint } from '../plugin/extension-point.js';
import type { ExtensionPoint } from '../plugin/extension-point.js';

/** Fine, or the reason why not, for people. */
export type HealthStatus = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Says whether one part of the program can do its work. Contributed by plugins, asked by whoever serves `/readyz`. */
export interface HealthCheck {
  /** Unique among the checks of a host; it is a path segment of `/readyz/NAME`. */
  readonly name: string;
  /** Answers soon: the asker gives up when the signal aborts. A rejection counts as not healthy, with the error's message as the reason. */
  check(signal: AbortSignal): Promise<HealthStatus>;
}

export const HealthCheck: ExtensionPoint<HealthCheck> = extensionPoint('@kubewright/core/HealthCheck');
