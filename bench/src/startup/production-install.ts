import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What an operator's image carries: the packed facade, installed by npm in an empty folder without development dependencies. */
export interface ProductionInstall extends Disposable {
  readonly directory: string;
  /** Of all files, in 10^6 bytes. */
  readonly megabytes: number;
  readonly packages: number;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** What must not be in an operator's image. */
const banned = ['apiserver', 'cluster', 'runtime', 'network', 'cli'].map((name) => `@kubewright/${name}`);

export function productionInstall(root: string, progress: (text: string) => void): ProductionInstall {
  const directory = mkdtempSync(join(tmpdir(), 'production-'));
  try {
    progress('packing the facade and what it needs');
    const tarballs = needed(root, 'kubewright').map((name) => pack(root, name, directory));
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    progress('installing them');
    npm(directory, ['install', '--omit=dev', '--no-audit', '--no-fund', ...tarballs]);
    for (const tarball of tarballs) rmSync(tarball);
    writeFileSync(
      join(directory, 'framework.mjs'),
      "await import('@kubewright/informer'); await import('@kubewright/controller');\n",
    );
    const manifests = globSync('node_modules/**/package.json', { cwd: directory }).filter((path) =>
      /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(path),
    );
    const names = manifests.map((path) => (JSON.parse(readFileSync(join(directory, path), 'utf8')) as Manifest).name);
    const wrong = names.filter((name) => [...banned, 'class-validator', 'koffi', 'tsx'].includes(name));
    if (wrong.length > 0) throw new Error(`a production install has ${wrong.join(', ')}`);
    return {
      directory,
      megabytes: bytesBelow(join(directory, 'node_modules')) / 1e6,
      packages: names.length,
      [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
    };
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

/** A package of the workspace and those it depends on, in any depth. */
function needed(root: string, name: string, found = new Set<string>()): string[] {
  found.add(name);
  const { dependencies = {} } = manifestOf(root, name);
  for (const other of Object.keys(dependencies))
    if (other.startsWith('@kubewright/') && !found.has(other)) needed(root, other, found);
  return [...found];
}

function manifestOf(root: string, name: string): Manifest {
  const path = join(root, 'packages', name.replace('@kubewright/', ''), 'package.json');
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

function pack(root: string, name: string, directory: string): string {
  const [{ filename }] = JSON.parse(
    npm(root, ['pack', '--json', '--pack-destination', directory, '--workspace', name]),
  ) as [{ filename: string }];
  return join(directory, filename);
}

function npm(directory: string, words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('npm', words, { cwd: directory, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${words[0]} failed: ${stderr}`);
  return stdout;
}

function bytesBelow(directory: string): number {
  return globSync('**/*', { cwd: directory, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
