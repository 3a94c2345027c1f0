/**
 * The daemon: one resident process that serves plugins to their shims over a unix socket. `frame` is what they say to
 * each other.
 */
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { dirname } from 'node:path';
import { silentLogger, SystemClock } from '@kubewright/core';
import type { Clock, Logger } from '@kubewright/core';
import { KeyedLock, until } from '@kubewright/core/async';
import { FileLock } from '@kubewright/linux';
import { cniErrorCode, cniSdkErrors } from '../errors.js';
import { InProcessExecutor } from '../plugin/in-process-executor.js';
import type { PluginExecutor } from '../execute/executor.js';
import { ProcessExecutor } from '../execute/process-executor.js';
import type { CniPlugin } from '../plugin/cni-plugin.js';
import { handleRequest } from '../plugin/handle-request.js';
import { newestVersion } from '../version/version.js';
import { daemonAnswers } from './daemon-answers.js';
import { decodeRequest, encodeReply, requestLength } from './frame.js';
import type { RequestFrame } from './frame.js';

export interface CniDaemonOptions {
  readonly plugins: readonly CniPlugin[];
  /** Path of the socket, as `/run/kubewright/cni.sock`. At most 107 bytes. A file beside it, `.lock`, guards the start. */
  readonly socketPath: string;
  /** Who calls plugins that this daemon does not serve. Default: processes. */
  readonly executor?: PluginExecutor;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

/** Milliseconds that a client may take to send its whole request. */
const sendTimeout = 10_000;
/** Milliseconds that another daemon which starts at the same time is waited for. */
const startTimeout = 10_000;

/**
 * Serves plugins to their shims. It holds nothing between requests: after a restart the next one finds what the last left.
 * The socket is for root alone (0600). Requests about one interface are taken one after the other.
 */
export class CniDaemon implements AsyncDisposable {
  readonly #plugins = new Map<string, CniPlugin>();
  readonly #socketPath: string;
  readonly #executor: PluginExecutor;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #locks = new KeyedLock();
  readonly #running = new Set<Promise<void>>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(options: CniDaemonOptions) {
    for (const plugin of options.plugins) {
      if (this.#plugins.has(plugin.type)) throw cniSdkErrors.DUPLICATE_TYPE({ type: plugin.type });
      this.#plugins.set(plugin.type, plugin);
    }
    this.#clock = options.clock ?? new SystemClock();
    this.#socketPath = options.socketPath;
    this.#executor = new InProcessExecutor(
      options.plugins,
      options.executor ?? new ProcessExecutor({ clock: this.#clock }),
    );
    this.#logger = options.logger ?? silentLogger;
  }

  /** Resolves when requests are taken. A socket that a dead daemon left is replaced. @throws KW_CNI_DAEMON_RUNNING. */
  async start(): Promise<void> {
    await mkdir(dirname(this.#socketPath), { recursive: true, mode: 0o755 });
    const running = (): Error => cniSdkErrors.DAEMON_RUNNING({ path: this.#socketPath });
    const late = new AbortController();
    using _limit = this.#clock.setTimer(startTimeout, () => late.abort(running()));
    // Of two that start at once, the second must not remove the socket that the first is just making.
    using _lock = await FileLock.acquire(`${this.#socketPath}.lock`, { clock: this.#clock, signal: late.signal });
    if (await daemonAnswers(this.#socketPath)) throw running();
    await rm(this.#socketPath, { force: true });
    const server = createServer((socket) => this.#accept(socket));
    // The mask makes the socket private from its first moment; binding to a path happens inside the call.
    const mask = process.umask(0o177);
    try {
      server.listen(this.#socketPath);
    } finally {
      process.umask(mask);
    }
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve);
      server.once('error', reject);
    });
    await chmod(this.#socketPath, 0o600);
    this.#server = server;
  }

  /**
   * Takes no more requests, waits for those in progress, and removes the socket.
   *
   * @param signal - ends the wait: the requests that are left are aborted and their callers hang up on.
   */
  async stop(signal?: AbortSignal): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    if (signal === undefined) await this.#finished();
    else await until(() => this.#finished(), signal).catch(() => undefined);
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #finished(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  #accept(socket: Socket): void {
    const request = new RequestReader();
    const gone = new AbortController();
    const late = this.#clock.setTimer(sendTimeout, () => socket.destroy(), { ref: false });
    this.#sockets.add(socket);
    socket.on('close', () => {
      late.cancel();
      this.#sockets.delete(socket);
      gone.abort(new Error('the caller went away'));
    });
    socket.on('error', () => socket.destroy());
    let answered = false;
    socket.on('data', (chunk) => {
      if (answered) return;
      let frame: RequestFrame | undefined;
      try {
        frame = request.add(chunk);
      } catch (error) {
        this.#logger.warn('a client of the CNI socket sent no request', { error });
        socket.destroy();
        return;
      }
      if (frame === undefined) return;
      answered = true;
      late.cancel();
      this.#track(this.#serve(frame, socket, gone.signal));
    });
  }

  async #serve(frame: RequestFrame, socket: Socket, signal: AbortSignal): Promise<void> {
    const start = this.#clock.monotonic();
    const { CNI_COMMAND: verb, CNI_CONTAINERID: containerId = '', CNI_IFNAME: ifName = '' } = frame.environment;
    const { exitCode, stdout } = await this.#answer(frame, `${containerId}/${ifName}`, signal);
    const sent = new Promise<void>((resolve) => {
      if (socket.destroyed) resolve();
      else socket.end(encodeReply(exitCode, stdout), () => resolve());
    });
    const fields = { type: frame.type, verb, containerId, ifName, milliseconds: this.#clock.monotonic() - start };
    if (exitCode === 0) this.#logger.debug('CNI request served', fields);
    else this.#logger.warn('CNI request failed', { ...fields, answer: stdout });
    // A request is over when its answer is on its way: what is left of it would be lost with the socket.
    await sent;
  }

  async #answer(frame: RequestFrame, key: string, signal: AbortSignal): Promise<{ exitCode: number; stdout: string }> {
    const plugin = this.#plugins.get(frame.type);
    if (plugin === undefined) {
      const msg = `the daemon at ${this.#socketPath} serves no plugin '${frame.type}'`;
      return {
        exitCode: 1,
        stdout: JSON.stringify({ cniVersion: newestVersion, code: cniErrorCode.tryAgainLater, msg }),
      };
    }
    const { environment, stdin } = frame;
    const serve = (): ReturnType<typeof handleRequest> =>
      handleRequest(plugin, { environment, stdin, executor: this.#executor, signal, clock: this.#clock });
    // Only requests about an interface can be in each other's way. One whose caller went away while it waited is not served.
    return key === '/' ? serve() : this.#locks.run(`${frame.type}/${key}`, serve, signal);
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#logger.error('a CNI request was not answered', { error }))
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}

/** Puts a request together, with one copy however many pieces it comes in. */
class RequestReader {
  #chunks: Buffer[] = [];
  #size = 0;
  #total: number | undefined;

  /** The request, once it is whole. @throws RangeError for what is none. */
  add(chunk: Buffer): RequestFrame | undefined {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#total === undefined) {
      this.#chunks = [Buffer.concat(this.#chunks)];
      this.#total = requestLength(this.#chunks[0] ?? chunk);
    }
    return this.#total === undefined || this.#size < this.#total
      ? undefined
      : decodeRequest(Buffer.concat(this.#chunks));
  }
}
