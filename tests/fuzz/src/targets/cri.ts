import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DescMethod } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import type { Random } from '@kubewright/core';
import { ImageService, NamespaceMode, PodSandboxState, RuntimeService } from '@kubewright/cri-sdk/v1';
import { Code, codeName, methodPath } from '@kubewright/grpc';
import { PretendedRuntime } from '@kubewright/runtime/testing';
import type { FuzzRun, FuzzTarget } from '../target.js';
import { RequestMaker } from './cri-requests.js';
import type { KnownIds } from './cri-requests.js';

/** Events go on without an end; what is not implemented reaches nobody. */
const left = ['GetContainerEvents', 'CheckpointContainer', 'CheckpointPod', 'RestorePod'];
const methods = [RuntimeService, ImageService]
  .flatMap((service): readonly DescMethod[] => service.methods)
  .filter(({ name }) => !left.includes(name));
/** Ways in which a runtime may end a call that it understood. Anything else is a mistake of the runtime. */
const handled = new Set<number>([
  Code.OK,
  Code.NOT_FOUND,
  Code.ALREADY_EXISTS,
  Code.FAILED_PRECONDITION,
  Code.RESOURCE_EXHAUSTED,
  Code.UNIMPLEMENTED,
]);
/** Errors of the runtime that have no status of their own. */
const understood = /\(KW_RUNTIME_(?:NOT_SUPPORTED|REFERENCE_INVALID)\)/;

/** Requests of every kind over the socket of the runtime, whose pods and containers are pretended. */
export const criTarget: FuzzTarget = {
  name: 'cri',
  async open() {
    // In memory where there is such a place: the runtime syncs every record to the disk.
    const directory = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'kw-fuzz-'));
    return new CriRun(directory, await PretendedRuntime.start(directory));
  },
};

class CriRun implements FuzzRun {
  readonly #directory: string;
  readonly #runtime: PretendedRuntime;
  readonly #transport: Client;
  #ids: KnownIds = { pods: [], containers: [], images: [] };

  constructor(directory: string, runtime: PretendedRuntime) {
    this.#directory = directory;
    this.#runtime = runtime;
    this.#transport = new Client(`unix:${join(directory, 'cri.sock')}`, credentials.createInsecure());
  }

  async feed(random: Random): Promise<'handled' | 'rejected'> {
    const method = methods[Math.floor(random.next() * methods.length)] as DescMethod;
    const bytes = new RequestMaker(random, this.#ids).request(method);
    const { status, details } = await this.#call(method, bytes);
    if (status === Code.OK && /^(?:Run|Create|Remove|Pull)/.test(method.name)) await this.#learn();
    if (handled.has(status) || (status === Code.UNKNOWN && understood.test(details))) return 'handled';
    const refused = status === Code.INVALID_ARGUMENT || (status === Code.INTERNAL && details.includes('deserializing'));
    assert.ok(refused, `${method.name} ended with ${codeName(status)}: ${details}`);
    return 'rejected';
  }

  /** What is listed, what is on disk and what is held have to tell the same story. */
  async check(): Promise<void> {
    const { client, state } = this.#runtime;
    const { items } = await client.runtime.listPodSandbox({});
    const { containers } = await client.runtime.listContainers({});
    const stored = async (kind: string): Promise<string[]> =>
      (await readdir(join(this.#directory, kind))).map((name) => name.replace(/\.json$/, '')).toSorted();
    const idsOf = (all: readonly { readonly id: string }[]): string[] => all.map(({ id }) => id).toSorted();
    assert.deepEqual(await stored('sandboxes'), idsOf(items));
    assert.deepEqual(await stored('containers'), idsOf(containers));
    assert.deepEqual([...state.roots].toSorted(), idsOf(containers));
    const ready = items.filter((item) => item.state === PodSandboxState.SANDBOX_READY);
    assert.deepEqual([...state.namespaces].toSorted(), idsOf(ready));
    const connected: { readonly id: string }[] = [];
    for (const { id } of ready) {
      const { status } = await client.runtime.podSandboxStatus({ podSandboxId: id });
      if (status?.linux?.namespaces?.options?.network !== NamespaceMode.NODE) connected.push({ id });
    }
    assert.deepEqual([...state.leases.keys()].toSorted(), idsOf(connected));
    for (const { podSandboxId } of containers) assert.ok(items.some(({ id }) => id === podSandboxId));
    assert.deepEqual(await readdir(join(this.#directory, 'exec')), []);
    assert.equal((await stat(join(this.#directory, 'cri.sock'))).mode & 0o777, 0o600);
    const keys = items.map(({ metadata }) =>
      [metadata?.name, metadata?.namespace, metadata?.uid, metadata?.attempt].join(),
    );
    assert.equal(new Set(keys).size, keys.length, 'two pods have one name');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#transport.close();
    await this.#runtime[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #learn(): Promise<void> {
    const { client } = this.#runtime;
    const [{ items }, { containers }, { images }] = await Promise.all([
      client.runtime.listPodSandbox({}),
      client.runtime.listContainers({}),
      client.images.listImages({}),
    ]);
    const some = (all: readonly { readonly id: string }[]): string[] => all.slice(0, 8).map(({ id }) => id);
    this.#ids = { pods: some(items), containers: some(containers), images: some(images) };
  }

  #call(method: DescMethod, request: Buffer): Promise<{ readonly status: Code; readonly details: string }> {
    const same = (bytes: Buffer): Buffer => bytes;
    return new Promise((resolve) => {
      if (method.methodKind === 'server_streaming') {
        const stream = this.#transport.makeServerStreamRequest(methodPath(method), same, same, request);
        stream.on('data', () => undefined).on('error', () => undefined);
        stream.on('status', ({ code, details }) => resolve({ status: code as Code, details }));
        return;
      }
      this.#transport.makeUnaryRequest(methodPath(method), same, same, request, (error) =>
        resolve({ status: (error?.code ?? Code.OK) as Code, details: error?.details ?? '' }),
      );
    });
  }
}
