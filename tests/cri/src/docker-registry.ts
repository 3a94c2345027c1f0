import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@kubewright/core';

/** How clients have to show who they are, as lines of the registry's configuration; the directory is the registry's own. */
export type RegistryAuth = (directory: string) => Promise<string>;

/** Debian's registry on loopback, with files below a directory of its own. */
export class DockerRegistry implements AsyncDisposable {
  readonly host: string;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(host: string, child: ChildProcess, directory: string) {
    this.host = host;
    this.#child = child;
    this.#directory = directory;
  }

  /** @param storage - another registry's, to serve the same images in another way. */
  static async start(auth?: RegistryAuth, storage?: DockerRegistry): Promise<DockerRegistry> {
    const directory = await mkdtemp(join(tmpdir(), 'kw-registry-'));
    const host = `127.0.0.1:${await freePort()}`;
    const settings = join(directory, 'config.yml');
    const root = join(storage === undefined ? directory : storage.#directory, 'data');
    const lines = [
      'version: 0.1',
      'log: { level: error }',
      `storage: { filesystem: { rootdirectory: ${root} } }`,
      `http: { addr: '${host}' }`,
      (await auth?.(directory)) ?? '',
    ];
    await writeFile(settings, lines.join('\n'));
    const child = spawn('docker-registry', ['serve', settings], { stdio: 'ignore' });
    const registry = new DockerRegistry(host, child, directory);
    const clock = new SystemClock();
    for (let tries = 0; tries < 100; tries++) {
      if (
        await fetch(`http://${host}/v2/`).then(
          () => true,
          () => false,
        )
      )
        return registry;
      await clock.sleep(50);
    }
    await registry[Symbol.asyncDispose]();
    throw new Error('the registry does not answer');
  }

  /** @returns the digest. */
  async pushBlob(repository: string, bytes: Buffer): Promise<string> {
    const digest = digestOf(bytes);
    const begun = await fetch(`http://${this.host}/v2/${repository}/blobs/uploads/`, { method: 'POST' });
    const place = new URL(begun.headers.get('location') ?? '', `http://${this.host}`);
    place.searchParams.set('digest', digest);
    await accepted(fetch(place, { method: 'PUT', body: Uint8Array.from(bytes) }));
    return digest;
  }

  /** @param target - a tag. @returns the digest. */
  async pushManifest(repository: string, target: string, manifest: { readonly mediaType: string }): Promise<string> {
    const body = JSON.stringify(manifest);
    const headers = { 'content-type': manifest.mediaType };
    await accepted(fetch(`http://${this.host}/v2/${repository}/manifests/${target}`, { method: 'PUT', body, headers }));
    return digestOf(Buffer.from(body));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    await rm(this.#directory, { recursive: true, force: true });
  }
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function accepted(answer: Promise<Response>): Promise<void> {
  const { ok, status } = await answer;
  if (!ok) throw new Error(`the registry answered ${status}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
