/** Runs checks one after the other, each in a session of its own, and collects what came out. */
import { SystemClock, SystemRandom, messageOf } from '@kubewright/core';
import type { Clock, Random } from '@kubewright/core';
import type { Check } from '../check/check.js';
import { allChecks } from '../checks/all-checks.js';
import { sanityErrors } from '../errors.js';
import type { Profile } from '../profile/profile.js';
import { Session } from '../session/session.js';
import { obstacle } from './plan.js';

export interface SanityResult {
  readonly id: string;
  readonly rule: string;
  readonly section: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What the plugin did wrong, or why the check could not be run. */
  readonly reason?: string;
  readonly milliseconds: number;
}

export interface SanityReport {
  readonly plugin: string;
  readonly type: string;
  readonly kind: string;
  readonly versions: readonly string[];
  readonly results: readonly SanityResult[];
}

export interface RunChecksOptions {
  /** Default: all. */
  readonly checks?: readonly Check[];
  /** Whether network namespaces may be made. Default: whether this process is root, on Linux. */
  readonly root?: boolean;
  /** Path of a network namespace to run the plugin in. Default: a new one for each check. */
  readonly hostNamespace?: string;
  /** Milliseconds that one call may take. Default: 30,000. */
  readonly timeout?: number;
  /** Told of each result as it comes. */
  readonly onResult?: (result: SanityResult) => void;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Ends the run: what was begun is taken back first. */
  readonly signal?: AbortSignal;
}

export const defaultTimeout = 30_000;

/**
 * Checks a plugin. What it does wrong is in the report.
 *
 * @throws KW_SANITY_NO_MACHINE, or the signal's reason where it aborts.
 */
export async function runChecks(profile: Profile, options: RunChecksOptions = {}): Promise<SanityReport> {
  const results: SanityResult[] = [];
  for (const check of options.checks ?? allChecks) {
    options.signal?.throwIfAborted();
    const result = await runCheck(check, profile, options);
    results.push(result);
    options.onResult?.(result);
  }
  options.signal?.throwIfAborted();
  const { plugin, type, kind, versions } = profile;
  return { plugin, type, kind, versions, results };
}

/** Whether this process can make network namespaces. */
export function isRoot(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

async function runCheck(check: Check, profile: Profile, options: RunChecksOptions): Promise<SanityResult> {
  const { clock = new SystemClock(), random = new SystemRandom(), root = isRoot(), hostNamespace } = options;
  const { id, rule, section } = check;
  const reason = obstacle(check, profile, root);
  if (reason !== undefined) return { id, rule, section, outcome: 'skipped', reason, milliseconds: 0 };
  const start = clock.monotonic();
  const outcome = await attempt(check, {
    profile,
    // A protocol check is the same for everybody, root or not.
    root: check.needs?.root === true,
    timeout: options.timeout ?? defaultTimeout,
    clock,
    random,
    signal: options.signal ?? new AbortController().signal,
    ...(hostNamespace === undefined ? {} : { hostNamespace }),
  });
  return { id, rule, section, ...outcome, milliseconds: Math.round(clock.monotonic() - start) };
}

async function attempt(
  check: Check,
  options: Parameters<typeof Session.open>[0],
): Promise<Pick<SanityResult, 'outcome' | 'reason'>> {
  try {
    await using session = await Session.open(options);
    await check.run(session);
    return { outcome: 'passed' };
  } catch (error) {
    if (sanityErrors.CHECK_FAILED.is(error)) return { outcome: 'failed', reason: error.details.problem };
    if (sanityErrors.NOT_APPLICABLE.is(error)) return { outcome: 'skipped', reason: error.details.reason };
    if (sanityErrors.NO_MACHINE.is(error)) throw error;
    if (sanityErrors.NO_ANSWER.is(error)) return { outcome: 'failed', reason: error.message };
    options.signal.throwIfAborted();
    // What the check wanted to look at, or to change, is not as the plugin said.
    const problem = messageOf(error);
    return { outcome: 'failed', reason: `the check could not be carried out: ${problem}` };
  }
}
