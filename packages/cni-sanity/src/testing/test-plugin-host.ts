import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildShim, handleRequest, ProcessExecutor, servedVersions } from '@kubewright/cni-sdk';
import type { CniPlugin, PluginOutput } from '@kubewright/cni-sdk';
import { decodeRequest, encodeReply } from '@kubewright/cni-sdk/testing';
import { ChainedPlugin } from './chained-plugin.js';
import type { Defect, WireRequest } from './defect.js';
import { ReferencePlugin } from './reference-plugin.js';

/**
 * Serves the reference plugin, with a defect or without, from this process to a real executable in a directory of its own.
 * Disposing it takes all of that away.
 */
export class TestPluginHost implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'sanity-plugin-'));
  readonly #sockets = new Set<Socket>();
  readonly #plugin: CniPlugin;
  readonly #defect: Defect | undefined;
  /** What the plugin is. */
  readonly kind: NonNullable<Defect['kind']>;
  readonly #executor = new ProcessExecutor();
  readonly #server: Server;

  private constructor(defect: Defect | undefined, kind: NonNullable<Defect['kind']>) {
    this.#defect = defect;
    this.kind = kind;
    const state = join(this.#directory, 'state');
    this.#plugin = kind === 'chained' ? new ChainedPlugin() : new ReferencePlugin(state, defect?.plugin);
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Path of the executable. */
  get plugin(): string {
    return join(this.#directory, 'bin', this.#plugin.type);
  }

  /** @param kind - of the plugin. Default: that of the defect's, else `interface`. */
  static async start(
    defect?: Defect,
    kind: TestPluginHost['kind'] = defect?.kind ?? 'interface',
  ): Promise<TestPluginHost> {
    const host = new TestPluginHost(defect, kind);
    const socketPath = join(host.#directory, 'cni.sock');
    await new Promise<void>((resolve, reject) => {
      host.#server.once('error', reject);
      host.#server.listen(socketPath, resolve);
    });
    await host.#install(socketPath, defect?.script);
    return host;
  }

  /** What the plugin has connected, as `network@containerId@ifName`. */
  attachments(): string[] {
    return readdirSync(join(this.#directory, 'state'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #install(socketPath: string, script: string | undefined): Promise<void> {
    await mkdir(join(this.#directory, 'bin'));
    const shim = join(this.#directory, 'shim');
    const { type } = this.#plugin;
    const path = script === undefined ? this.plugin : shim;
    await writeFile(path, buildShim({ type, socketPath, versions: servedVersions(this.#plugin) }));
    if (script !== undefined) await writeFile(this.plugin, `#!/bin/sh\nshim='${shim}'\n${script}\n`);
    for (const one of new Set([path, this.plugin])) await chmod(one, 0o755);
  }

  #accept(socket: Socket): void {
    let received = Buffer.alloc(0);
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const request = decodeRequest(received);
      if (request === undefined) return;
      this.#answer(request).then(
        ({ exitCode, stdout }) => socket.end(encodeReply(exitCode, stdout)),
        () => socket.destroy(),
      );
    });
  }

  #answer(request: WireRequest): Promise<PluginOutput> {
    const serve = ({ environment, stdin }: WireRequest): Promise<PluginOutput> =>
      handleRequest(this.#plugin, { environment, stdin, executor: this.#executor });
    return this.#defect?.wire?.(request, serve) ?? serve(request);
  }
}
