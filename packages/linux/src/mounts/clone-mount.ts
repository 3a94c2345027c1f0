import { closeSync, openSync } from 'node:fs';
import { libc } from '../ffi/libc.js';

/** From linux/mount.h and linux/fcntl.h. */
const call = { openTree: 428, moveMount: 429, setAttributes: 442 } as const;
const attribute = { readOnly: 1, idMapped: 0x100000 } as const;
const at = { workingDirectory: -100, recursive: 0x8000, emptyPath: 0x1000 } as const;
const openTree = { clone: 1, closeOnExec: 0o2000000 } as const;
const fromEmptyPath = 4;

export interface MountClone {
  readonly source: string;
  readonly target: string;
  /** With the mounts below it. Default: false. */
  readonly recursive?: boolean;
  /** None of them can be written to. Default: as they are. */
  readonly readOnly?: boolean;
  /** A user namespace, as a path: its ids stand for the owners on disk. It applies to the top mount alone. */
  readonly userNamespace?: string;
}

/** Shows a directory or file at a second place that is otherwise than the first. @throws KW_LINUX_SYSCALL */
export async function cloneMount({
  source,
  target,
  recursive = false,
  readOnly = false,
  userNamespace,
}: MountClone): Promise<void> {
  const c = libc();
  const below = recursive ? at.recursive : 0;
  const flags = openTree.clone | openTree.closeOnExec | below;
  const tree = await c.callLater('syscall', source, call.openTree, at.workingDirectory, source, flags, null, 0);
  try {
    if (readOnly) await setAttributes(tree, source, attribute.readOnly, below);
    if (userNamespace !== undefined) {
      const namespace = openSync(userNamespace, 'r');
      try {
        await setAttributes(tree, source, attribute.idMapped, 0, namespace);
      } finally {
        closeSync(namespace);
      }
    }
    const path = Buffer.from(`${target}\0`);
    await c.callLater('syscall', target, call.moveMount, tree, '', at.workingDirectory, path, fromEmptyPath);
  } finally {
    closeSync(tree);
  }
}

async function setAttributes(tree: number, target: string, set: number, below: number, namespace = 0): Promise<void> {
  const structure = Buffer.alloc(32);
  structure.writeBigUInt64LE(BigInt(set), 0);
  structure.writeBigUInt64LE(BigInt(namespace), 24);
  const flags = at.emptyPath | below;
  await libc().callLater('syscall', target, call.setAttributes, tree, '', flags, structure, structure.length);
}
