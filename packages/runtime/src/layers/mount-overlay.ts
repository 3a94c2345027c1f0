import { closeSync, constants, openSync } from 'node:fs';
import { linuxErrors, mount } from '@kubewright/linux';

/** Directories of an overlay file system, by paths of any length. */
export interface OverlayMount {
  readonly target: string;
  /** The highest first; each once, at most `mostLowerDirectories`. */
  readonly lower: readonly string[];
  readonly upper: string;
  readonly work: string;
}

/**
 * mount(2) takes one page of options. Directories are named in it by descriptors, of 20 characters with the colon, and
 * neither long paths nor colons and commas in them matter.
 */
export const mostLowerDirectories = 200;

/**
 * Taking a root file system off would wait for the disk to have all that was written to it, and more. None is mounted again
 * after the machine went down, so it need not last. Since Linux 5.10.
 */
const fleeting = ',volatile';
const pathOnly = 0o10000000;

/** @throws KW_LINUX_SYSCALL */
export async function mountOverlay({ target, lower, upper, work }: OverlayMount): Promise<void> {
  const opened: number[] = [];
  const named = (path: string): string => {
    opened.push(openSync(path, pathOnly | constants.O_DIRECTORY));
    return `/proc/self/fd/${opened.at(-1)}`;
  };
  try {
    const data = `lowerdir=${lower.map(named).join(':')},upperdir=${named(upper)},workdir=${named(work)}`;
    const overlay = { fileSystem: 'overlay', source: 'overlay', target };
    try {
      await mount({ ...overlay, data: `${data}${fleeting}` });
    } catch (error) {
      if (!linuxErrors.SYSCALL.is(error) || error.details.errno !== 'EINVAL') throw error;
      await mount({ ...overlay, data });
    }
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
