/** The runtime's parts put together from what was asked for. Neighbours: every part is made elsewhere; `runtime.ts` serves them. */
import { basename, join } from 'node:path';
import type { Clock, Random } from '@kubewright/core';
import { OverlaySnapshotter } from '../layers/overlay-snapshotter.js';
import { CliOciRuntime } from '../oci/oci-runtime.js';
import { findPrograms } from '../programs/find-programs.js';
import type { ProgramRunner } from '../programs/program-runner.js';

/** Layers as directories under the runtime's root. */
export function defaultSnapshotter(options: {
  readonly root: string;
  readonly random: Random;
  readonly clock: Clock;
  readonly programs: ProgramRunner;
}): OverlaySnapshotter {
  return new OverlaySnapshotter({ ...options, directory: join(options.root, 'o') });
}

/** An OCI runtime named after its program. @throws MISSING_PROGRAM */
export async function defaultOciRuntime(options: {
  readonly program: string;
  readonly state: string;
  readonly programs: ProgramRunner;
  readonly ociTimeout?: number;
}): Promise<CliOciRuntime> {
  const { program, state, programs, ociTimeout = 30_000 } = options;
  const [path = program] = await findPrograms(process.env['PATH'] ?? '', [program]);
  return new CliOciRuntime({
    name: basename(program),
    program: path,
    root: join(state, 'oci'),
    programs,
    timeout: ociTimeout,
  });
}
