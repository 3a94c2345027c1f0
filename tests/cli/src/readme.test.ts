import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> })
  .scripts;

describe('the README', () => {
  it('names npm scripts and files that are there', () => {
    const named = [...readme.matchAll(/npm (?:run ([a-z]+)|(start|test))\b/g)].map(
      ([, script, short]) => script ?? short ?? '',
    );
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => path ?? '');
    expect(links.filter((path) => !path.startsWith('http') && !existsSync(join(root, path)))).toEqual([]);
  });

  it('shows a command that runs the shortest controller', async () => {
    const [, file = ''] = /npx kubewright dev (\S+?)`/.exec(readme) ?? [];
    const home = mkdtempSync(join(tmpdir(), 'readme-'));
    const child = spawn(process.execPath, [join(root, 'packages/cli/bin/kubewright.js'), 'dev', join(root, file)], {
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(child, 'exit');
    let said = '';
    const greeted = new Promise<void>((resolve) => {
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
        if (said.includes('hello, namespace default')) resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
    });
    await Promise.race([greeted, exited.then(() => Promise.reject(new Error(`it ended early: ${said}`)))]);
    child.kill('SIGINT');
    await exited;
    rmSync(home, { recursive: true, force: true });
  });
});
