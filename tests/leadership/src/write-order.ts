/** Judges what several copies of a program wrote, by the order in which the server carried it out. Pure. */
import type { Write } from './watched-port.js';

export interface Writer {
  readonly name: string;
  readonly writes: readonly Write[];
}

export interface Verdict {
  /** Names of those who held the Lease, one after the other. */
  readonly terms: readonly string[];
  /** How many writes the holders of the Lease made. */
  readonly written: number;
  /** Writes of a copy after another had begun to lead. */
  readonly late: readonly string[];
}

export function judge(writers: readonly Writer[]): Verdict {
  const all = writers.flatMap(({ name, writes }) => writes.map((write) => ({ ...write, by: name })));
  all.sort((left, right) => (left.version < right.version ? -1 : 1));
  const terms: string[] = [];
  const late: string[] = [];
  let written = 0;
  let leader = '';
  for (const { by, path, holder, version } of all) {
    // Every copy installs the definitions.
    if (path.includes('/customresourcedefinitions/')) continue;
    if (holder !== undefined) {
      // One who gives the Lease back leaves it to nobody; until another has it, nobody may write.
      leader = holder === '' ? '' : by;
      if (leader !== '' && terms.at(-1) !== leader) terms.push(leader);
    } else if (by === leader) written++;
    else late.push(`${by} wrote ${path} (${version}), when ${leader === '' ? 'nobody' : leader} led`);
  }
  return { terms, written, late };
}
