import type { MountOption } from '@kubewright/linux';
import { csiErrors } from '../errors.js';
import type { Mounter } from './mounter.js';
import { isReadOnlyMount, mountsAt, shows, treeAt } from './mount-table.js';
import { prepareTarget } from './target.js';

export interface BindRequest {
  readonly source: string;
  readonly target: string;
  /** What to make at the target: a directory for files, a file for a block device. */
  readonly kind: 'directory' | 'file';
  /** Default: false. */
  readonly readOnly?: boolean;
  readonly options?: readonly MountOption[];
}

/**
 * Makes the target show the source, once, however often it is called. A target whose mount is dead is unmounted first;
 * copies that an earlier caller stacked on each other are reduced to one.
 *
 * @returns whether anything had to be mounted.
 * @throws TARGET_CONFLICT where something else is mounted there, or the same with other access; TARGET_KIND
 */
export async function ensureBindMount(mounter: Mounter, request: BindRequest): Promise<boolean> {
  const { kind, readOnly = false, options = [] } = request;
  const source = await mounter.realPath(request.source);
  const target = await prepareTarget(mounter, request.target, kind);
  const table = await mounter.mounts();
  const tree = treeAt(table, source);
  const stack = mountsAt(table, target);
  const top = stack.at(-1);
  if (top === undefined) {
    await mounter.bind({ source, target, options: readOnly ? [...options, 'readOnly'] : options });
    return true;
  }
  const found = `${top.source} (${top.root}), ${isReadOnlyMount(top) ? 'read-only' : 'writable'}`;
  if (tree === undefined || !shows(top, tree) || isReadOnlyMount(top) !== readOnly) {
    const expected = `'${source}', ${readOnly ? 'read-only' : 'writable'}`;
    throw csiErrors.TARGET_CONFLICT({ target, expected, found });
  }
  for (let below = stack.length - 2; below >= 0; below--) {
    const mount = stack[below];
    if (mount === undefined || !shows(mount, tree)) break;
    await mounter.unmount(target);
  }
  return false;
}
