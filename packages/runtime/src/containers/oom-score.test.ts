import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readBundle } from '../oci/bundle.js';
import { changeOomScore } from './oom-score.js';

it('gives another score to the processes that have the container’s, and to commands to come', async () => {
  const bundle = await mkdtemp(join(tmpdir(), 'kw-score-'));
  const children = [0, 1].map(() => spawn('sleep', ['60']));
  const [like, other] = children.map(({ pid = 0 }) => pid);
  const scoreOf = async (pid: number | undefined) => Number(await readFile(`/proc/${pid}/oom_score_adj`, 'utf8'));
  try {
    await writeFile(`/proc/${like}/oom_score_adj`, '900');
    await writeFile(`/proc/${other}/oom_score_adj`, '950');
    await writeFile(join(bundle, 'config.json'), JSON.stringify({ process: { oomScoreAdj: 900, args: ['a'] } }));
    const gone = 2 ** 22 + 1;
    await changeOomScore(bundle, 910, [gone, like ?? 0, other ?? 0]);
    expect([await scoreOf(like), await scoreOf(other)]).toEqual([910, 950]);
    expect((await readBundle(bundle)).process).toEqual({ oomScoreAdj: 910, args: ['a'] });
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await rm(bundle, { recursive: true });
  }
});
