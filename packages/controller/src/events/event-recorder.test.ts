import type { ConfigMap } from '@kubewright/api/core/v1';
import { silentLogger } from '@kubewright/core';
import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { Client } from '@kubewright/informer';
import { FakeTransport } from '@kubewright/informer/testing';
import { describe, expect, it } from 'vitest';
import { EventRecorder } from './event-recorder.js';

/** A recorder, the requests it has sent, and their answers, which come when the test says so. */
function start() {
  const answers: (() => void)[] = [];
  const transport = new FakeTransport(
    () => new Promise((resolve) => answers.push(() => resolve({ body: { metadata: {} } }))),
  );
  const { requests } = transport;
  const clock = new FakeClock();
  const client = new Client({ transport, clock });
  const random = new SeededRandom(1);
  const recorder = new EventRecorder({ client, controller: 'test', clock, random, logger: silentLogger });
  const answer = async (): Promise<void> => {
    while (answers.length > 0) {
      for (const resolve of answers.splice(0)) resolve();
      await clock.advance(0);
    }
  };
  return { recorder, requests, answer, clock };
}

const map = (uid: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: uid, namespace: 'default', uid },
});
const event = { type: 'Normal', reason: 'Done', note: 'it is done' } as const;

describe('EventRecorder', () => {
  it('sends the count of a burst once, however many there were while it waited', async () => {
    const { recorder, requests, answer, clock } = start();
    for (let n = 0; n < 1000; n++) recorder.record(map('a'), event);
    await clock.advance(0);
    await answer();
    await recorder.flush();
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'PATCH']);
    expect(JSON.parse(String(requests[1]?.body))).toMatchObject({ series: { count: 1000 } });
  });

  it('forgets the series that is quiet for longest when there are too many', async () => {
    const { recorder, requests, answer, clock } = start();
    const record = async (uid: string): Promise<void> => {
      recorder.record(map(uid), event);
      await clock.advance(0);
      await answer();
    };
    for (let n = 0; n < 4096; n++) await record(`${n}`);
    await record('0');
    expect(requests.at(-1)?.method).toBe('PATCH');
    await record('new');
    await record('0');
    expect(requests.at(-1)?.method).toBe('PATCH');
    await record('1');
    expect(requests.at(-1)?.method).toBe('POST');
  }, 30_000);
});
