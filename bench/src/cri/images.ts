import { SystemRandom } from '@kubewright/core';
import { FakeRegistry, shellLayer } from '@kubewright/runtime/testing';
import type { TarEntry } from '@kubewright/runtime/testing';

/** Bytes of the image whose pull is measured, before compression, and how they are laid out. */
const layers = 4;
const filesPerLayer = 200;
const bytesPerFile = 100_000;

export interface BenchImages {
  /** With a shell. */
  readonly shell: string;
  /** Does nothing, and holds a pod's namespaces. */
  readonly pause: string;
  /** Made anew for each call, so that nobody has any of it. @returns its name and the bytes of its layers as they are fetched. */
  large(): Promise<{ readonly name: string; readonly bytes: number }>;
}

/** A registry with what is measured. Content is half random, so that it packs about as programs do. */
export async function serveImages(): Promise<BenchImages & AsyncDisposable> {
  const registry = await new FakeRegistry().start();
  const random = new SystemRandom();
  const file = (name: string): TarEntry => ({
    name,
    content: Buffer.concat([Buffer.from(random.bytes(bytesPerFile / 2)), Buffer.alloc(bytesPerFile / 2, name)]),
  });
  let made = 0;
  return {
    shell: await registry.push('bench/shell', '1', [shellLayer(['sh', 'sleep', 'true'])]),
    pause: await registry.push('bench/pause', '1', [shellLayer(['sleep'])], {
      config: { Cmd: ['/bin/sleep', 'infinity'] },
    }),
    large: async () => {
      const entries = Array.from({ length: layers }, (_layer, index) =>
        Array.from({ length: filesPerLayer }, (_file, number) => file(`data/${index}/${number}`)),
      );
      const before = registry.bytes;
      const name = await registry.push('bench/large', String(made++), entries);
      return { name, bytes: registry.bytes - before };
    },
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}
