import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { words } from './command-case.js';
import type { CommandCase } from './command-case.js';

const manifests = fileURLToPath(new URL('../manifests', import.meta.url));

export interface Kubectl {
  readonly path: string;
  /** As `1.36`. */
  readonly version: string;
  readonly minor: number;
}

/** The kubectls to test with: those of `KUBEWRIGHT_KUBECTL` (paths, apart as in PATH), or else the one on the PATH. */
export function findKubectls(environment: NodeJS.ProcessEnv): Kubectl[] {
  const named = environment['KUBEWRIGHT_KUBECTL'];
  const paths = named === undefined || named === '' ? ['kubectl'] : named.split(delimiter);
  return paths.flatMap((path) => {
    const { status, stdout } = spawnSync(path, ['version', '--client', '-o', 'json'], { encoding: 'utf8' });
    const version = status === 0 ? /"gitVersion": "v(1\.(\d+))/.exec(stdout) : null;
    return version?.[1] === undefined ? [] : [{ path, version: version[1], minor: Number(version[2]) }];
  });
}

export interface CommandResult {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** One kubectl against one cluster, with a cache and an editor of its own. */
export class KubectlSession implements Disposable {
  readonly #home = mkdtempSync(join(tmpdir(), 'kubectl-'));

  constructor(
    private readonly kubectl: Kubectl,
    private readonly kubeconfig: string,
  ) {}

  [Symbol.dispose](): void {
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** Runs a case until it does as expected, once or for ten seconds; answers what is wrong with the last run. */
  async check(command: CommandCase): Promise<string | undefined> {
    const deadline = performance.now() + (command.eventually ? 10_000 : 0);
    for (;;) {
      const result = await this.run(command);
      const wrong = mismatch(command, result);
      if (wrong === undefined || performance.now() >= deadline) return wrong;
      await delay(100);
    }
  }

  /**
   * Runs a command that goes on (`get -w`), and `meanwhile` as soon as it has said anything; ends it when what it says matches,
   * or after ten seconds. Answers all that it said.
   */
  async follow(line: string, meanwhile: () => Promise<unknown>, until: RegExp): Promise<string> {
    const child = spawn(this.kubectl.path, words(line), {
      cwd: manifests,
      env: { PATH: process.env['PATH'], HOME: this.#home, KUBECONFIG: this.kubeconfig },
      timeout: 10_000,
    });
    let said = '';
    let begun: Promise<unknown> | undefined;
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      begun ??= meanwhile();
      if (until.test(said)) child.kill();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    await once(child, 'close');
    await begun;
    return said;
  }

  run(command: CommandCase): Promise<CommandResult> {
    const editor = join(this.#home, 'editor');
    writeFileSync(editor, `#!/bin/sh\nexec sed -i -e '${command.edit ?? ''}' "$1"\n`);
    chmodSync(editor, 0o700);
    return new Promise((resolve, reject) => {
      const child = spawn(this.kubectl.path, words(command.run), {
        cwd: manifests,
        env: { PATH: process.env['PATH'], HOME: this.#home, KUBECONFIG: this.kubeconfig, KUBE_EDITOR: editor },
      });
      const said = { out: '', err: '' };
      child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
      child.on('error', reject);
      child.on('close', (exit) => resolve({ exit, ...said }));
      child.stdin.end(command.stdin ?? '');
    });
  }
}

function mismatch(
  { exit = 0, out = [], err = [], without = [], run }: CommandCase,
  result: CommandResult,
): string | undefined {
  const has = (text: string, part: string | RegExp): boolean =>
    typeof part === 'string' ? text.includes(part) : part.test(text);
  const problems = [
    ...(result.exit === exit ? [] : [`exit code ${result.exit} instead of ${exit}`]),
    ...out.filter((part) => !has(result.out, part)).map((part) => `stdout lacks ${String(part)}`),
    ...err.filter((part) => !has(result.err, part)).map((part) => `stderr lacks ${String(part)}`),
    ...without.filter((part) => has(result.out + result.err, part)).map((part) => `says ${String(part)}`),
  ];
  return problems.length === 0
    ? undefined
    : `kubectl ${run}\n${problems.join('\n')}\n--- stdout\n${result.out}--- stderr\n${result.err}`;
}
