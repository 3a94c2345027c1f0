import { readFile, writeFile } from 'node:fs/promises';
import { hasCode } from '@kubewright/core';
import { changeBundle, readBundle } from '../oci/bundle.js';

/**
 * Gives a container another score by which the kernel chooses whom to kill for want of memory. It is each process's own, so
 * all of `processes` that have the container's get it, and those that chose another keep theirs; commands that come later
 * get it from the bundle.
 */
export async function changeOomScore(bundle: string, score: number, processes: readonly number[]): Promise<void> {
  const before = (await readBundle(bundle)).process.oomScoreAdj ?? 0;
  if (before === score) return;
  await changeBundle(bundle, (spec) => ({ ...spec, process: { ...spec.process, oomScoreAdj: score } }));
  for (const pid of processes) {
    const file = `/proc/${pid}/oom_score_adj`;
    // One that has ended needs none.
    const own = await readFile(file, 'utf8').catch(() => undefined);
    if (Number(own) !== before) continue;
    await writeFile(file, String(score)).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT') && !hasCode(error, 'ESRCH')) throw error;
    });
  }
}
