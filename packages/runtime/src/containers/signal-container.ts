import type { Logger } from '@kubewright/core';
import type { Conmon } from '../monitor/conmon.js';
import type { OciRuntime } from '../oci/oci-runtime.js';
import type { Container } from './container-record.js';
import { killTree } from '../monitor/process-tree.js';
import { kernelSignal } from './stop-signal.js';

export interface SignalServices {
  readonly runtime: OciRuntime;
  readonly monitor: Conmon;
  readonly bundle: string;
  readonly logger: Logger;
}

/** Sends a signal, past an OCI runtime that fails or hangs. @throws what the OCI runtime says where nothing runs any more */
export async function signalContainer(
  { id, pid }: Container,
  signal: string,
  { runtime, monitor, bundle, logger }: SignalServices,
): Promise<void> {
  try {
    await runtime.kill(id, signal);
  } catch (error) {
    // The process id is the container's as long as its monitor, the parent, has not collected it.
    if (!(await monitor.isAlive(bundle, id))) throw error;
    logger.warn('the OCI runtime did not send a signal; the process gets it directly', { id, signal, error });
    if (signal === 'KILL') await killTree(pid);
    else process.kill(pid, kernelSignal(signal) ?? 'SIGTERM');
  }
}
