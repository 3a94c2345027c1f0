import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemClock } from '@kubewright/core';
import { CriClient } from '@kubewright/cri-sdk';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { FaultPoint } from './fault-points.js';

const program = fileURLToPath(new URL('../dist/killed-daemon.js', import.meta.url));

/** The runtime in a process of its own, started again when it is gone. */
export class Daemon implements AsyncDisposable {
  readonly home: string;
  /** Of the next start. */
  readonly environment: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #client: CriClient | undefined;
  #starting: Promise<void> | undefined;
  #exited: Promise<unknown> | undefined;
  /** Milliseconds that each start took, from the start of the process until it served. */
  readonly starts: number[] = [];

  constructor(home: string, environment: NodeJS.ProcessEnv = {}) {
    this.home = home;
    this.environment = environment;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get client(): CriClient {
    if (this.#client === undefined) throw new Error('the daemon was not started');
    return this.#client;
  }

  /** Several who miss it start it once. */
  start(): Promise<void> {
    return (this.#starting ??= this.#start().finally(() => (this.#starting = undefined)));
  }

  async #start(): Promise<void> {
    const begun = performance.now();
    const child = spawn(process.execPath, ['--expose-gc', program, this.home], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...this.environment },
    });
    // It tells of every fault that the tests make, which is of interest only where one fails.
    child.stderr.pipe(createWriteStream(join(this.home, 'log'), { flags: 'a' }));
    this.#child = child;
    this.#exited = once(child, 'exit');
    child.stdin.on('error', () => undefined);
    const refused = this.#exited.then(() => Promise.reject(new Error('it did not start')));
    refused.catch(() => undefined); // It ends some day.
    await Promise.race([once(child.stdout, 'data'), refused]);
    this.starts.push(performance.now() - begun);
    this.#client?.close();
    this.#client = new CriClient({
      address: join(this.home, 'cri.sock'),
      clock: new SystemClock(),
      connectTimeout: 300,
    });
  }

  killAt(point: FaultPoint): void {
    this.#child?.stdin?.write(`${point}\n`);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || isOver(child)) return;
    child.kill('SIGKILL');
    await this.#exited;
  }

  /** Bytes of the heap that are needed. */
  async heap(): Promise<number> {
    const { stdin, stdout } = this.#child ?? {};
    stdin?.write('collect\n');
    const [text] = stdout ? ((await once(stdout, 'data')) as [Buffer]) : [];
    return Number(text);
  }

  /** Calls as a kubelet does: where the daemon died of it, the same call goes to the next one, and on a slow machine many in a row die. */
  async call<T>(work: (client: CriClient) => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await work(this.client);
      } catch (error) {
        const lost =
          GrpcStatusError.is(error) && (error.status === Code.UNAVAILABLE || error.status === Code.CANCELLED);
        if (!lost || tries > 30) throw error;
        const child = this.#child;
        // The end of the process may be told a little after that of the connection.
        if (child !== undefined && !isOver(child)) await Promise.race([this.#exited, new SystemClock().sleep(500)]);
        if (this.#child === child && this.#starting === undefined && child !== undefined && !isOver(child)) continue;
        if (this.#child === child || this.#starting !== undefined) await this.start();
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.close();
    await this.kill();
  }
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
