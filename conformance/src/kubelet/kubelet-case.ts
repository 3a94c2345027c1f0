import { isDeepStrictEqual } from 'node:util';
import { SystemClock } from '@kubewright/core';
import type { CriClient } from '@kubewright/cri-sdk';
import type { KubeletClient } from './kubelet-client.js';
import type { KubeletProcess } from './kubelet-process.js';

export interface KubeletCaseContext {
  readonly kubelet: KubeletProcess;
  readonly api: KubeletClient;
  readonly cri: CriClient;
  /** A directory of the machine that pods write to. */
  readonly shared: string;
}

export interface KubeletCase {
  readonly name: string;
  /** Rejects with what is wrong. */
  run(context: KubeletCaseContext): Promise<void>;
}

/** How long something may take to become as it should, in milliseconds. */
const patience = 60_000;
const clock = new SystemClock();

/** Looks again and again, through errors, until it sees what it should. @throws what it saw last */
export async function expectSoon<T>(look: () => Promise<T>, expected: T): Promise<void> {
  const end = clock.monotonic() + patience;
  for (;;) {
    const last = await look().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if ('value' in last && isDeepStrictEqual(last.value, expected)) return;
    if (clock.monotonic() > end) {
      if ('error' in last) throw last.error;
      return expectEqual(last.value, expected);
    }
    await clock.sleep(200);
  }
}

export function expectEqual<T>(actual: T, expected: T): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}
