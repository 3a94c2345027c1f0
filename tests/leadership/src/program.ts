/** A copy of a program as a process of its own, killed when it is disposed of. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Program extends AsyncDisposable {
  /** What it has printed, on both streams. */
  readonly lines: readonly string[];
  /** Resolves with its exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
  readonly hasExited: boolean;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when a line has this text in it; rejects when the program ends before, with all it said. */
  says(text: string): Promise<void>;
}

export function startProgram(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  const child = spawn(process.execPath, [file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let hasExited = false;
  const exited = once(child, 'exit').then(([code, signal]: unknown[]) => {
    hasExited = true;
    return (code ?? signal) as number | string;
  });
  const lines: string[] = [];
  const heard = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      for (const listener of heard) listener();
      heard.clear();
    });
  return {
    lines,
    exited,
    get hasExited() {
      return hasExited;
    },
    kill: (signal) => void child.kill(signal),
    async says(text) {
      while (!lines.some((line) => line.includes(text))) {
        const next = new Promise<void>((resolve) => heard.add(resolve));
        const ended = exited.then((code) =>
          Promise.reject(new Error(`the program ended with ${code} and never said '${text}':\n${lines.join('\n')}`)),
        );
        await Promise.race([next, ended]);
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
