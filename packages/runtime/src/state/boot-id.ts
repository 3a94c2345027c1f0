/**
 * What the runtime must not forget: a file per object, written before the step that it tells about and after it. Neighbours:
 * `sandboxes` and `containers` own the records.
 */
import { readFile } from 'node:fs/promises';

/** Differs between two boots of the machine, and only then. */
export async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}
