import { readFile } from 'node:fs/promises';

/** Kills a process and all its descendants. Some may be born meanwhile, so it looks again until none is left. */
export async function killTree(pid: number): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const all = [pid, ...(await descendants(pid))];
    const alive = all.filter((one) => kill(one));
    if (alive.length <= 1) return;
  }
}

async function descendants(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text.split(' ').filter(Boolean).map(Number);
  const deeper = await Promise.all(children.map((child) => descendants(child)));
  return [...children, ...deeper.flat()];
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
