import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SystemClock, SystemRandom } from '@kubewright/core';
import { SpdyClient } from '@kubewright/cri-sdk/testing';
import { ContainerRuntime } from '@kubewright/runtime';
import { describe, expect, it } from 'vitest';
import { podDown, podUp } from './pod-life.js';
import { missingHere } from './programs.js';
import { Testbed } from './testbed.js';

describe.skipIf(missingHere().length > 0)('who may do what (needs root, crun, conmon)', () => {
  it('a runtime keeps another one from its directory', async () => {
    await using bed = await Testbed.open();
    await bed.daemon.start();
    const options = {
      address: join(bed.home, 'other.sock'),
      root: join(bed.home, 'root'),
      state: join(bed.home, 'state'),
    };
    const other = ContainerRuntime.start({ ...options, clock: new SystemClock(), random: new SystemRandom() });
    await expect(other).rejects.toThrow(/KW_RUNTIME_ALREADY_RUNNING/);
  });

  it('sockets are for their owner alone, and a streaming URL is good once', async () => {
    await using bed = await Testbed.open();
    await bed.daemon.start();
    for (const socket of ['cri.sock', 'state/control/control.sock']) {
      expect((await stat(join(bed.home, socket))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(join(bed.home, 'state/control'))).mode & 0o777).toBe(0o700);
    await bed.daemon.client.images.pullImage({ image: { image: bed.image } });
    const pod = await podUp(bed);
    const { url } = await bed.daemon.client.runtime.exec({
      containerId: pod.containerId,
      cmd: ['/bin/cat'],
      stdin: true,
    });
    const used = await SpdyClient.connect(url, ['v4.channel.k8s.io']);
    await expect(SpdyClient.connect(url, ['v4.channel.k8s.io'])).rejects.toThrow('refused with 404');
    used.close();
    const words = ['$(touch /tmp/kw-never)', '`id`', ';id'];
    const { exitCode } = await bed.daemon.client.runtime.execSync({
      containerId: pod.containerId,
      cmd: words,
      timeout: 5n,
    });
    // No shell reads them: there is no such program.
    expect(exitCode).not.toBe(0);
    await podDown(bed, pod);
  });
});
