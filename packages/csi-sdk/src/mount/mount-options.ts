import type { MountOption } from '@kubewright/linux';

const known: Readonly<Record<string, MountOption>> = {
  ro: 'readOnly',
  nosuid: 'noSuid',
  nodev: 'noDev',
  noexec: 'noExec',
  sync: 'synchronous',
  noatime: 'noAtime',
  relatime: 'relatime',
};
const defaults = new Set(['', 'rw', 'defaults', 'suid', 'dev', 'exec', 'async']);

/**
 * The mount flags of a volume capability: options that the kernel knows for every mount, and text for the file system.
 */
export function parseMountFlags(flags: readonly string[]): { readonly options: MountOption[]; readonly data: string } {
  const options: MountOption[] = [];
  const data: string[] = [];
  for (const flag of flags.flatMap((list) => list.split(','))) {
    const option = known[flag];
    if (option !== undefined) options.push(option);
    else if (!defaults.has(flag)) data.push(flag);
  }
  return { options, data: data.join(',') };
}
