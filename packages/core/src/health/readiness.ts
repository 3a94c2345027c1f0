import { until } from '../async/until.js';
import type { Clock } from '../clock/clock.js';
import { token } from '../di/token.js';
import type { Token } from '../di/token.js';
import { messageOf } from '../errors/message-of.js';
import type { HealthStatus, HealthCheck } from './health-check.js';

/** One check's answer. */
export type CheckResult = HealthStatus & { readonly name: string };

export interface ReadinessReport {
  /** Whether the host has started, does not stop, and every check is fine. */
  readonly ready: boolean;
  /** The host's own state first, then the checks in registration order, then those of child hosts as `CHILD/NAME`. */
  readonly checks: readonly CheckResult[];
}

/** All health checks of a host and its children as one answer. Every host binds it; it asks anew each time. */
export interface Readiness {
  /** Never rejects. Checks run side by side; one that takes longer than 5 seconds, or than the signal lets it, is not healthy. */
  report(signal?: AbortSignal): Promise<ReadinessReport>;
}

export const Readiness: Token<Readiness> = token('@kubewright/core/Readiness');

/** A probe of Kubernetes is usually allowed a few seconds; a check that needs more is stuck rather than slow. */
const checkTimeout = 5_000;

/** Asks every check at once and waits for all answers, each bounded by the signal and five seconds. */
export async function runChecks(
  checks: readonly HealthCheck[],
  clock: Clock,
  signal?: AbortSignal,
): Promise<CheckResult[]> {
  return await Promise.all(
    checks.map(async (check) => ({ name: check.name, ...(await runCheck(check, clock, signal)) })),
  );
}

async function runCheck(check: HealthCheck, clock: Clock, outer: AbortSignal | undefined): Promise<HealthStatus> {
  const controller = new AbortController();
  const abort = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) abort();
  outer?.addEventListener('abort', abort, { once: true });
  const timer = clock.setTimer(checkTimeout, () => controller.abort(new Error(`no answer within ${checkTimeout} ms`)), {
    ref: false,
  });
  try {
    return await until(async () => await check.check(controller.signal), controller.signal);
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  } finally {
    timer.cancel();
    outer?.removeEventListener('abort', abort);
  }
}
