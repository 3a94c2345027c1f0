/** How far a rolling update may go above and below the wanted size. */
import type { IntOrString } from '@kubewright/api/meta/v1';
import type { ReadonlyDeployment } from './annotations.js';

export interface Fenceposts {
  /** Pods there may be above the wanted number. */
  readonly surge: number;
  /** Pods that may be missing below it. */
  readonly unavailable: number;
}

/** A share of `total`, or a plain number. Text that is no percentage counts as 0: the server refuses it on write. */
function resolve(value: IntOrString | undefined, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value ?? '')?.[1];
  return percent === undefined ? 0 : round((Number(percent) * total) / 100);
}

/** Surge rounds up, unavailable rounds down; both 0 would never get anywhere, so one pod may be missing then. */
export function resolveFenceposts(
  maxSurge: IntOrString | undefined,
  maxUnavailable: IntOrString | undefined,
  replicas: number,
): Fenceposts {
  const surge = resolve(maxSurge, replicas, Math.ceil);
  const unavailable = resolve(maxUnavailable, replicas, Math.floor);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export function wantedReplicas(deployment: ReadonlyDeployment): number {
  return deployment.spec?.replicas ?? 1;
}

/** A Deployment's fenceposts; none for the Recreate strategy and for one scaled to zero. */
export function fencepostsOf(deployment: ReadonlyDeployment): Fenceposts {
  const replicas = wantedReplicas(deployment);
  const strategy = deployment.spec?.strategy;
  if (strategy?.type === 'Recreate' || replicas === 0) return { surge: 0, unavailable: 0 };
  const { surge, unavailable } = resolveFenceposts(
    strategy?.rollingUpdate?.maxSurge ?? '25%',
    strategy?.rollingUpdate?.maxUnavailable ?? '25%',
    replicas,
  );
  return { surge, unavailable: Math.min(unavailable, replicas) };
}
