import { execFileSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import type { TarEntry } from './tar.js';

/** A layer with a shell and a few programs of this machine, with their libraries: enough to run things in a container. */
export function shellLayer(programs: readonly string[] = ['sh', 'sleep', 'cat', 'id']): TarEntry[] {
  const files = new Map<string, Buffer>();
  for (const program of programs) {
    const path = `/bin/${program}`;
    files.set(`bin/${program}`, readFileSync(realpathSync(path)));
    const libraries = execFileSync('ldd', [path], { encoding: 'utf8' });
    for (const [library] of libraries.matchAll(/\/\S+/g))
      files.set(library.slice(1), readFileSync(realpathSync(library)));
  }
  const directories = ['proc', 'sys', 'dev', 'tmp', 'etc'].map(
    (name) => ({ name: `${name}/`, type: 'directory', mode: 0o755 }) as const,
  );
  const passwd = 'root:x:0:0::/:/bin/sh\nuser:x:1000:1001::/:/bin/sh\n';
  return [
    ...directories,
    { name: 'etc/passwd', content: passwd },
    { name: 'etc/group', content: 'root:x:0:\nextra:x:2000:user\n' },
    ...[...files].map(([name, content]) => ({ name, content, mode: 0o755 })),
  ];
}
