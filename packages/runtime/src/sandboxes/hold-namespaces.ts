import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { bindMount, spawnProcess } from '@kubewright/linux';
import type { IDMapping } from '@kubewright/cri-sdk/v1';
import { runtimeErrors } from '../errors.js';

/** The kinds that a user namespace can own, as /proc names them. */
export type OwnedKind = 'user' | 'net' | 'ipc' | 'uts';

/**
 * Makes a user namespace with others that it owns, and keeps each by a mount on a file. A short-lived process makes them:
 * ids are mapped from outside, once the namespace is there.
 *
 * @param path - the file for a kind; it is there. @throws PROGRAM_FAILED
 */
export async function holdNamespaces(
  own: readonly OwnedKind[],
  mapping: { readonly uids: readonly IDMapping[]; readonly gids: readonly IDMapping[] },
  path: (kind: OwnedKind) => string,
): Promise<void> {
  const script = 'echo made; read end';
  const args = [...own.map((kind) => `--${kind}`), '--', 'sh', '-c', script];
  const holder = spawnProcess('unshare', args, { environment: { PATH: process.env['PATH'] }, input: true });
  const { pid, stdin, stdout, stderr, exited } = holder;
  let said = '';
  stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(0, 1_000)));
  const ended = new Promise<void>((resolve) => stderr?.once('close', resolve)).then(() => exited);
  try {
    await Promise.race([stdout && once(stdout, 'data'), ended]);
    if (said !== '') throw runtimeErrors.PROGRAM_FAILED({ program: 'unshare', code: 'an error', output: said });
    await writeFile(`/proc/${pid}/uid_map`, mapText(mapping.uids));
    await writeFile(`/proc/${pid}/gid_map`, mapText(mapping.gids));
    for (const kind of own) await bindMount({ source: `/proc/${pid}/ns/${kind}`, target: path(kind) });
  } finally {
    // It waits for its input to end.
    stdin?.destroy();
    await ended;
  }
}

function mapText(mappings: readonly IDMapping[]): string {
  return mappings.map(({ containerId, hostId, length }) => `${containerId} ${hostId} ${length}\n`).join('');
}
