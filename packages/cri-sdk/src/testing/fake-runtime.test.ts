import { SystemClock, SystemRandom } from '@kubewright/core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CriClient } from '../client/cri-client.js';
import { ContainerEventType } from '../generated/runtime/v1/cri_pb.js';
import type { ContainerStatusRequest } from '../generated/runtime/v1/cri_pb.js';
import { ImageProxy } from '../proxy/image-proxy.js';
import { RuntimeProxy } from '../proxy/runtime-proxy.js';
import { criServer } from '../server/cri-server.js';
import type { ImageService } from '../service/image-service.js';
import type { RuntimeService } from '../service/runtime-service.js';
import { FakeRuntime } from './fake-runtime.js';
import { describeRuntimeContract } from './runtime-contract.js';
import type { RuntimeSubject } from './contract/runtime-subject.js';

const clock = new SystemClock();

interface Served extends AsyncDisposable {
  readonly client: CriClient;
}

async function serve(runtime: RuntimeService, images: ImageService): Promise<Served> {
  const directory = await mkdtemp(join(tmpdir(), 'kw-cri-'));
  const server = criServer({ runtime, images, clock, address: join(directory, 'cri.sock'), gracePeriod: 100 });
  await server.start();
  const client = new CriClient({ address: server.address, clock });
  const stop = async (): Promise<void> => {
    client.close();
    await server.stop();
    await rm(directory, { recursive: true });
  };
  return { client, [Symbol.asyncDispose]: stop };
}

function subjectOf({ client }: Served, stop: () => Promise<void>): RuntimeSubject {
  return {
    client,
    image: 'registry.example/app:1',
    missingImage: 'missing.invalid/app:1',
    commands: {
      wait: ['wait'],
      exit: (code) => ['exit', String(code)],
      print: (word, stream) => [stream === 'stdout' ? 'echo' : 'warn', word],
    },
    [Symbol.asyncDispose]: stop,
  };
}

describe('the runtime in memory', () => {
  const make = (): FakeRuntime => new FakeRuntime({ clock, random: new SystemRandom() });

  describeRuntimeContract({ describe, it }, async () => {
    const runtime = make();
    const served = await serve(runtime, runtime.images);
    return subjectOf(served, () => served[Symbol.asyncDispose]() as Promise<void>);
  });

  describe('behind a proxy', () => {
    describeRuntimeContract({ describe, it }, async () => {
      const runtime = make();
      const inner = await serve(runtime, runtime.images);
      const outer = await serve(new RuntimeProxy(inner.client, clock), new ImageProxy(inner.client, clock));
      return subjectOf(outer, async () => {
        await outer[Symbol.asyncDispose]();
        await inner[Symbol.asyncDispose]();
      });
    });

    it('answers UNIMPLEMENTED for what the other does not serve, and a subclass changes one call', async () => {
      class Renamed extends RuntimeProxy {
        override async containerStatus({ containerId }: ContainerStatusRequest): Promise<object> {
          return { status: { id: `seen:${containerId}` } };
        }
      }
      const runtime = make();
      await using inner = await serve(runtime, runtime.images);
      await using outer = await serve(new Renamed(inner.client, clock), new ImageProxy(inner.client, clock));
      await expect(outer.client.runtime.reopenContainerLog({ containerId: 'x' })).rejects.toMatchObject({ status: 12 });
      expect((await outer.client.runtime.containerStatus({ containerId: 'x' })).status?.id).toBe('seen:x');
    });
  });

  it('checks requests before its methods run', async () => {
    const runtime = make();
    await using served = await serve(runtime, runtime.images);
    const { client } = served;
    await expect(client.runtime.containerStatus({})).rejects.toThrow('container_id is required');
    await expect(client.runtime.runPodSandbox({ config: { metadata: { name: 'x' } } })).rejects.toThrow(
      'config.metadata.namespace is required',
    );
    await expect(client.runtime.execSync({ containerId: 'x', cmd: ['x'], timeout: -1n })).rejects.toThrow(
      'timeout must not be negative',
    );
    await expect(client.images.pullImage({ image: {} })).rejects.toThrow('image.image is required');
  });

  it('tells events to every stream', async () => {
    const runtime = make();
    await using served = await serve(runtime, runtime.images);
    const { client } = served;
    const types: ContainerEventType[] = [];
    const reading = (async () => {
      for await (const event of client.runtime.getContainerEvents({})) {
        types.push(event.containerEventType);
        if (types.length === 4) return;
      }
    })();
    // The stream is open once a later call has been answered on the same connection.
    await client.runtime.version({});
    const metadata = { name: 'a', namespace: 'b', uid: 'c' };
    const { podSandboxId } = await client.runtime.runPodSandbox({ config: { metadata } });
    await client.images.pullImage({ image: { image: 'x' } });
    const config = { metadata: { name: 'm' }, image: { image: 'x' }, command: ['wait'] };
    const { containerId } = await client.runtime.createContainer({ podSandboxId, config });
    await client.runtime.startContainer({ containerId });
    await client.runtime.removeContainer({ containerId });
    await reading;
    const { CONTAINER_CREATED_EVENT, CONTAINER_STARTED_EVENT, CONTAINER_STOPPED_EVENT, CONTAINER_DELETED_EVENT } =
      ContainerEventType;
    expect(types).toEqual([
      CONTAINER_CREATED_EVENT,
      CONTAINER_STARTED_EVENT,
      CONTAINER_STOPPED_EVENT,
      CONTAINER_DELETED_EVENT,
    ]);
  });
});
