import { TestCluster } from '@kubewright/cluster/testing';
import { Clock, Metrics, Plugin, inject } from '@kubewright/core';
import { DriverConnection, DriverEndpoint } from '@kubewright/csi-sidecars';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import { startHostPathDriver } from '@kubewright/storage/testing';
import { describe, expect, it } from 'vitest';
import { VolumeStory } from './volume-story.js';
import { sidecarsWith, wrapCalls } from './wrapped-connection.js';

const given = new Map<string, number>();

/** Gives every call up at once when it is made for the first time, while the driver goes on with it and succeeds. */
@Plugin({ name: 'impatient-driver-connection', stage: 'prepare', provides: [DriverConnection] })
class ImpatientConnection extends DriverConnection {
  constructor(
    @inject(DriverEndpoint) endpoint: string,
    @inject(Clock) clock: Clock,
    @inject(Metrics) metrics: Metrics,
  ) {
    super(endpoint, clock, metrics);
    const client = wrapCalls(this.client, (name, request, call) => {
      const { name: asked, volumeId, snapshotId } = request as Record<string, unknown>;
      const key = JSON.stringify([name, asked, volumeId, snapshotId]);
      given.set(key, (given.get(key) ?? 0) + 1);
      const answer = call();
      if (given.get(key) !== 1) return answer;
      answer.catch(() => undefined);
      return Promise.reject(new GrpcStatusError(Code.DEADLINE_EXCEEDED, 'no answer in time'));
    });
    Object.assign(this, { client });
  }
}

describe.skipIf(process.getuid?.() !== 0)('calls that succeed after their time is up', () => {
  it('are made again, and make, attach, grow and delete nothing twice', async () => {
    await using started = await startHostPathDriver();
    const controllers = sidecarsWith(ImpatientConnection, { endpoint: started.socketPath });
    await using cluster = await TestCluster.start({ controllers });
    const story = new VolumeStory(cluster, { ...started, name: started.driver.name });
    await story.register();
    await story.tell();
    // Two volumes, three attachments, a snapshot and an expansion, each of them asked for again.
    expect([...given.values()].filter((times) => times > 1).length).toBeGreaterThanOrEqual(9);
  });
});
