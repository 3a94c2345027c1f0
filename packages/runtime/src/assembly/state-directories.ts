import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Where things are that end with a reboot. */
export interface StateDirectories {
  readonly namespaces: string;
  readonly bundles: string;
  readonly exits: string;
  readonly exec: string;
  readonly pods: string;
  readonly pauses: string;
  readonly mounts: string;
  /** What nobody needs any more, on its way out. */
  readonly removed: string;
}

/** Makes the directories below `state`, which others may pass through but not list. */
export async function makeStateDirectories(state: string): Promise<StateDirectories> {
  const at = {
    namespaces: join(state, 'ns'),
    bundles: join(state, 'bundles'),
    exits: join(state, 'exits'),
    exec: join(state, 'exec'),
    pods: join(state, 'pods'),
    pauses: join(state, 'pauses'),
    mounts: join(state, 'mounts'),
    removed: join(state, 'trash'),
  };
  // What commands kept while they ran is of no use to anybody after them.
  await rm(at.exec, { recursive: true, force: true });
  for (const directory of [state, ...Object.values(at)]) await mkdir(directory, { recursive: true, mode: 0o711 });
  return at;
}
