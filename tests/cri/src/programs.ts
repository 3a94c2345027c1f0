import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** What this machine lacks to run containers; an empty list means that it can. */
export function missingHere(...more: readonly string[]): string[] {
  const places = (process.env['PATH'] ?? '').split(':');
  const isThere = (program: string): boolean =>
    places.some((place) => {
      try {
        accessSync(join(place, program), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  const missing = ['crun', 'conmon', ...more].filter((program) => !isThere(program));
  return process.getuid?.() === 0 ? missing : ['root', ...missing];
}
