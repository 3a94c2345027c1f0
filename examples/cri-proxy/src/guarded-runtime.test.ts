import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock, SystemRandom } from '@kubewright/core';
import { CriClient, criServer } from '@kubewright/cri-sdk';
import type { ImageService, RuntimeService } from '@kubewright/cri-sdk';
import { FakeImages, FakeRuntime, describeRuntimeContract } from '@kubewright/cri-sdk/testing';
import type { RuntimeSubject } from '@kubewright/cri-sdk/testing';
import type * as cri from '@kubewright/cri-sdk/v1';
import { Code } from '@kubewright/grpc';
import { describe, expect, it } from 'vitest';
import { AuthenticatedImages, GuardedRuntime } from './guarded-runtime.js';

const clock = new SystemClock();

/** Remembers with which users images were pulled. */
class WatchedImages extends FakeImages {
  readonly users: (string | undefined)[] = [];

  override async pullImage(request: cri.PullImageRequest): Promise<{ imageRef: string }> {
    this.users.push(request.auth?.username);
    return super.pullImage(request);
  }
}

class WatchedRuntime extends FakeRuntime {
  override readonly images = new WatchedImages(clock);
}

async function guarded() {
  const directory = await mkdtemp(join(tmpdir(), 'kw-guard-'));
  const stack = new AsyncDisposableStack();
  const serve = async (name: string, runtime: RuntimeService, images: ImageService): Promise<CriClient> => {
    const server = criServer({ runtime, images, clock, address: join(directory, name), gracePeriod: 100 });
    await server.start();
    stack.defer(() => server.stop());
    return stack.use(new CriClient({ address: server.address, clock }));
  };
  stack.defer(() => rm(directory, { recursive: true }));
  const runtime = new WatchedRuntime({ clock, random: new SystemRandom() });
  const { images } = runtime;
  const upstream = await serve('upstream', runtime, images);
  const auth = { username: 'node', password: 'secret' };
  const proxy = new AuthenticatedImages(upstream, clock, 'registry.example', auth);
  const client = await serve('guarded', new GuardedRuntime(upstream, clock), proxy);
  return { client, images, stop: () => stack.disposeAsync() };
}

describe('the guarded runtime', () => {
  describeRuntimeContract({ describe, it }, async (): Promise<RuntimeSubject> => {
    const { client, stop } = await guarded();
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
  });

  it('refuses privileged containers, and makes others', async () => {
    const { client, stop } = await guarded();
    const sandboxConfig = { metadata: { name: 'p', namespace: 'n', uid: 'u', attempt: 0 } };
    const { podSandboxId } = await client.runtime.runPodSandbox({ config: sandboxConfig });
    await client.images.pullImage({ image: { image: 'app:1' } });
    const create = (privileged: boolean) => {
      const linux = { securityContext: { privileged } };
      const config = { metadata: { name: 'c', attempt: 0 }, image: { image: 'app:1' }, linux };
      return client.runtime.createContainer({ podSandboxId, config, sandboxConfig });
    };
    await expect(create(true)).rejects.toMatchObject({ status: Code.PERMISSION_DENIED });
    expect((await create(false)).containerId).not.toBe('');
    await stop();
  });

  it('gives the password for its registry alone, and none where the pod has one', async () => {
    const { client, images, stop } = await guarded();
    await client.images.pullImage({ image: { image: 'registry.example/app:1' } });
    await client.images.pullImage({ image: { image: 'other.example/app:1' } });
    await client.images.pullImage({ image: { image: 'registry.example/app:1' }, auth: { username: 'pod' } });
    expect(images.users).toEqual(['node', undefined, 'pod']);
    await stop();
  });
});
