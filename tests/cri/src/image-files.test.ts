import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContainerState, NamespaceMode } from '@kubewright/cri-sdk/v1';
import { SystemClock } from '@kubewright/core';
import { rawTar, shellLayer } from '@kubewright/runtime/testing';
import type { TarEntry } from '@kubewright/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingHere } from './programs.js';
import { Testbed } from './testbed.js';

/** Images by strangers, pulled and run as a kubelet does. */
describe.skipIf(missingHere().length > 0)('images by strangers (needs root, crun, conmon)', () => {
  let bed: Testbed;
  let outside: string;
  let images = 0;
  beforeAll(async () => {
    bed = await Testbed.open();
    // Mapped users have to get through.
    await chmod(bed.home, 0o711);
    await bed.daemon.start();
    outside = await mkdtemp(join(tmpdir(), 'kw-outside-'));
    await writeFile(join(outside, 'passwd'), 'app:x:4321:4321::/:/bin/sh\n');
    await writeFile(join(outside, 'group'), 'staff:x:4321:\n');
  });
  afterAll(async () => {
    await bed[Symbol.asyncDispose]();
    await rm(outside, { recursive: true });
  });

  /** Runs a script in an image of layers, the lowest first, and gives what it printed. */
  const run = async (
    layers: readonly (readonly TarEntry[] | Buffer)[],
    script: string,
    { config = {}, container = {}, pod = {} }: { config?: object; container?: object; pod?: object } = {},
  ): Promise<string> => {
    const { client } = bed.daemon;
    const image = await bed.registry.push(`test/i${images++}`, '1', layers, { config });
    await client.images.pullImage({ image: { image } });
    const sandboxConfig = bed.podConfig(pod);
    const { podSandboxId } = await client.runtime.runPodSandbox({ config: sandboxConfig });
    try {
      const { containerId } = await client.runtime.createContainer({
        podSandboxId,
        sandboxConfig,
        config: bed.containerConfig(script, { image: { image }, ...container }),
      });
      await client.runtime.startContainer({ containerId });
      const clock = new SystemClock();
      for (;;) {
        const { status } = await client.runtime.containerStatus({ containerId });
        if (status?.state === ContainerState.CONTAINER_EXITED)
          return (await readFile(status.logPath, 'utf8')).replace(/^\S+ std\w+ \w /gm, '').trim();
        await clock.sleep(10);
      }
    } finally {
      await client.runtime.stopPodSandbox({ podSandboxId });
      await client.runtime.removePodSandbox({ podSandboxId });
    }
  };
  const as = (securityContext: object) => ({ container: { linux: { securityContext } } });

  it('run as the id that the pod says, whatever the image calls so', async () => {
    const layer = [{ name: 'etc/passwd', content: 'root:x:0:0::/:/bin/sh\n1000:x:0:0::/:/bin/sh\n' }];
    const group = [{ name: 'etc/group', content: 'root:x:0:\n1000:x:0:\n' }];
    const ids = await run(
      [shellLayer(), layer, group],
      'id -u; id -g',
      as({ runAsUser: { value: 1000n }, runAsGroup: { value: 1000n } }),
    );
    expect(ids).toBe('1000\n1000');
    expect(await run([shellLayer(), layer, group], 'id -u; id -g', { config: { User: '1000:1000' } })).toBe(
      '1000\n1000',
    );
  });

  it('tell a kubelet of the user that they run as', async () => {
    const told = async (User: string) => {
      const image = await bed.registry.push(`test/u${images++}`, '1', [shellLayer()], { config: { User } });
      await bed.daemon.client.images.pullImage({ image: { image } });
      const { image: status } = await bed.daemon.client.images.imageStatus({ image: { image } });
      return status?.uid?.value ?? status?.username;
    };
    expect(await told('00')).toBe(0n);
    expect(await told('+0:5')).toBe(0n);
    expect(await told('0x0')).toBe('0x0');
    expect(await told('4294967296')).toBe('4294967296');
    expect(await told('1000')).toBe(1000n);
  });

  it('find their users through links inside the image alone', async () => {
    const linked = [
      { name: 'nix/store/p', content: 'app:x:77:78::/:/bin/sh\n' },
      { name: 'etc/passwd', type: 'symlink', linkname: '/nix/store/p' },
    ] as const;
    expect(await run([shellLayer(), linked], 'id -u; id -g', { config: { User: 'app' } })).toBe('77\n78');
    for (const layer of [
      [{ name: 'etc/passwd', type: 'symlink', linkname: `${outside}/passwd` }],
      [{ name: 'etc/passwd', type: 'symlink', linkname: `../../../../../..${outside}/passwd` }],
      [{ name: 'etc', type: 'symlink', linkname: outside }],
    ] as const) {
      await expect(run([shellLayer(), layer], 'id -u', { config: { User: 'app' } })).rejects.toThrow(
        /no user or group/,
      );
    }
  });

  const mapped = (hostId: number) => {
    const mappings = [{ hostId, containerId: 0, length: 65536 }];
    const usernsOptions = { mode: NamespaceMode.POD, uids: mappings, gids: mappings };
    return { pod: { securityContext: { namespaceOptions: { usernsOptions } } } };
  };

  it('have 127 layers, also where users are mapped', async () => {
    const many = Array.from({ length: 126 }, (_one, index) => [{ name: `layers/${index}`, content: String(index) }]);
    const layers = [shellLayer(), ...many];
    const script = 'cd /layers; set -- *; echo $# $(cat 0 125)';
    expect(await run(layers, script)).toBe('126 0125');
    expect(await run(layers, script, mapped(1_000_000))).toBe('126 0125');
  });

  it('may list a layer twice', async () => {
    const twice = [{ name: 'app', content: 'a' }];
    expect(await run([shellLayer(), twice, [{ name: 'app', content: 'b' }], twice], 'cat /app')).toBe('a');
  });

  it('are refused before their layers are fetched where they have more than can be mounted', async () => {
    const layers = Array.from({ length: 201 }, (_one, index) => [{ name: String(index), content: '' }]);
    const image = await bed.registry.push('test/most', '1', layers);
    await expect(bed.daemon.client.images.pullImage({ image: { image } })).rejects.toThrow(/200 can be mounted/);
    expect(bed.registry.requests.filter((path) => path.includes('test/most/blobs')).length).toBe(1);
  });

  it('do not show what they deleted beside a directory of the same name', async () => {
    const secret = [{ name: 'd/secret', content: 's' }];
    const cleaned = [
      { name: 'd/', type: 'directory', mode: 0o755 },
      { name: 'd/new', content: 'n' },
      { name: '.wh.d', content: '' },
    ] as const;
    expect(await run([shellLayer(), secret, cleaned], 'echo /d/*')).toBe('/d/new');
  });

  it('keep names that are no text', async () => {
    const names = rawTar([
      { name: 'n/caf\xe9', content: '1' },
      { name: 'n/caf\xe8', content: '2' },
    ]);
    expect(await run([shellLayer(), names], 'cd /n; set -- *; echo $# $(cat *)')).toMatch(/^2 /);
  });

  it('have their volumes, made where no layer has them, filled from the image, and writable', async () => {
    const files = [
      { name: 'data/from-image', content: 'f' },
      { name: 'real/x', content: 'x' },
      { name: 'link', type: 'symlink', linkname: '/real' },
      { name: 'out', type: 'symlink', linkname: outside },
    ] as const;
    const config = { Volumes: { '/data': {}, '/none/such/': {}, 'link/v': {}, '/out/v': {} } };
    const script =
      'echo y > /none/such/y; echo z > /data/z; echo l > /link/v/l; echo /none/such/* /data/* /real/v/*; : > /no';
    const expected = /^\/none\/such\/y \/data\/from-image \/data\/z \/real\/v\/l/;
    const root = (readonlyRootfs: boolean) => ({ linux: { securityContext: { readonlyRootfs } } });
    const written = await run([shellLayer(), files], script, { config, container: root(false) });
    expect(written).toMatch(expected);
    expect(written).not.toContain('Read-only');
    const readonly = await run([shellLayer(), files], script, { config, container: root(true) });
    expect(readonly).toMatch(expected);
    expect(readonly).toMatch(/read-only/i);
    expect(await run([shellLayer(), files], script, { config, ...mapped(2_000_000) })).toMatch(expected);
    expect((await readdir(outside)).toSorted()).toEqual(['group', 'passwd']);
  });

  it('leave a volume to the pod where that mounts something there', async () => {
    await writeFile(join(bed.home, 'mounted'), 'pod');
    const mounts = [{ containerPath: '/data/', hostPath: bed.home, readonly: true }];
    const image = [{ name: 'data/mounted', content: 'image' }];
    const config = { Volumes: { '/data': {} } };
    expect(await run([shellLayer(), image], 'cat /data/mounted', { config, container: { mounts } })).toBe('pod');
    await expect(run([shellLayer()], '', { config: { Volumes: { '/proc/x': {} } } })).rejects.toThrow(
      /volume of an image at/,
    );
  });

  it('start in their working directory, made where no layer has it', async () => {
    const layer = [{ name: 'out', type: 'symlink', linkname: outside }] as const;
    for (const readonlyRootfs of [false, true]) {
      const container = { linux: { securityContext: { readonlyRootfs, runAsUser: { value: 5n } } } };
      expect(await run([shellLayer()], 'pwd', { config: { WorkingDir: '/srv/app' }, container })).toBe('/srv/app');
      await run([shellLayer(), layer], 'pwd', { config: { WorkingDir: '/out/w' }, container });
    }
    expect((await readdir(outside)).toSorted()).toEqual(['group', 'passwd']);
  });
});
