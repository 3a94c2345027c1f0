import type { Clock } from '@kubewright/core';
import type { ProcessStreams } from '@kubewright/cri-sdk';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { runtimeErrors } from '../errors.js';
import type { OciRuntime } from '../oci/oci-runtime.js';
import type { OciProcess } from '../oci/spec.js';
import { readBundle } from '../oci/bundle.js';
import type { Container } from './container-record.js';
import { LimitedOutput, intoStream } from './exec-output.js';
import { execProcess } from './exec-process.js';
import type { ExecOptions } from './exec-process.js';

/** Bytes of each output that an answer holds; a kubelet takes no more. */
const mostOutput = 16 * 1024 * 1024 - 64 * 1024;

export interface ContainerExecOptions {
  readonly runtimes: ReadonlyMap<string, OciRuntime>;
  readonly bundle: (id: string) => string;
  /** Where files of calls are kept while they go on. */
  readonly directory: string;
  readonly clock: Clock;
}

interface CommandStreams extends Pick<ExecOptions, 'signal' | 'stdin' | 'sizes' | 'onStdout' | 'onStderr'> {
  readonly terminal?: boolean;
}

/** Runs commands in running containers, with the rights and the environment of the container's first process. */
export class ContainerExec {
  readonly #options: ContainerExecOptions;
  readonly #processes = new WeakMap<Container, OciProcess>();

  constructor(options: ContainerExecOptions) {
    this.#options = options;
  }

  /** Collects the output. @param timeout - in milliseconds, 0 for none. @throws DEADLINE_EXCEEDED once all of it is dead */
  async sync(
    container: Container,
    command: readonly string[],
    timeout: number,
    signal: AbortSignal,
  ): Promise<{ stdout: Uint8Array; stderr: Uint8Array; exitCode: number }> {
    const late = new AbortController();
    const reason = new GrpcStatusError(
      Code.DEADLINE_EXCEEDED,
      `the command did not end within ${timeout / 1000} seconds`,
    );
    const timer = timeout > 0 ? this.#options.clock.setTimer(timeout, () => late.abort(reason)) : undefined;
    // Together they must fit into one message.
    const [stdout, stderr] = [new LimitedOutput(mostOutput / 2), new LimitedOutput(mostOutput / 2)];
    try {
      const exitCode = await this.#run(container, command, {
        signal: AbortSignal.any([signal, late.signal]),
        onStdout: stdout.take,
        onStderr: stderr.take,
      });
      return { stdout: stdout.bytes(), stderr: stderr.bytes(), exitCode };
    } finally {
      timer?.cancel();
    }
  }

  /** Joins a command with the streams of a client. */
  async stream(
    container: Container,
    command: readonly string[],
    streams: ProcessStreams,
    signal: AbortSignal,
  ): Promise<number> {
    const { stdin, stdout, stderr, tty, sizes } = streams;
    return this.#run(container, command, {
      signal,
      terminal: tty,
      sizes,
      onStdout: intoStream(stdout),
      onStderr: intoStream(stderr),
      ...(stdin && { stdin }),
    });
  }

  async #run(
    container: Container,
    command: readonly string[],
    { terminal = false, ...io }: CommandStreams,
  ): Promise<number> {
    const { runtimes, directory, clock } = this.#options;
    const { id, handler } = container;
    const runtime = runtimes.get(handler);
    if (runtime === undefined) throw runtimeErrors.NOT_SUPPORTED({ what: `the handler '${handler}'` });
    const process = await this.#firstProcess(container);
    return execProcess({
      ...io,
      // It joins the groups that the container is in, and does not look at how the machine's are mounted.
      command: [runtime.command.program, ...runtime.command.args],
      containerId: id,
      process: { ...process, args: command, terminal, env: environmentOf(process.env, terminal) },
      directory,
      clock,
    });
  }

  /** What the container's first process was given. It is read once as long as nothing changes about the container. */
  async #firstProcess(container: Container): Promise<OciProcess> {
    const known = this.#processes.get(container);
    if (known !== undefined) return known;
    const { process } = await readBundle(this.#options.bundle(container.id));
    this.#processes.set(container, process);
    return process;
  }
}

/** Programs on a terminal look for what it can do. */
function environmentOf(environment: readonly string[], terminal: boolean): readonly string[] {
  return terminal && !environment.some((entry) => entry.startsWith('TERM='))
    ? [...environment, 'TERM=xterm']
    : environment;
}
