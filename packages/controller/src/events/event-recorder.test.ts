import { statusErrors } from '@kubewright/api';
import type { StatusError } from '@kubewright/api';
import type { ConfigMap } from '@kubewright/api/core/v1';
import { silentLogger } from '@kubewright/core';
import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { Client } from '@kubewright/informer';
import { FakeTransport } from '@kubewright/informer/testing';
import { describe, expect, it } from 'vitest';
import { RecordingLogger } from '../testing/scripted-controller.js';
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

describe('EventRecorder in trouble', () => {
  const startWith = (respond: () => { status?: number; body?: object }) => {
    const transport = new FakeTransport(respond);
    const clock = new FakeClock();
    const logger = new RecordingLogger();
    const client = new Client({ transport, clock });
    const random = new SeededRandom(1);
    const recorder = new EventRecorder({ client, controller: 'test', clock, random, logger });
    return { recorder, requests: transport.requests, clock, lines: logger.lines };
  };
  const failing = (error: StatusError) => startWith(() => ({ status: error.code, body: error.toStatus() }));

  it.each([
    ['a namespace that goes away', statusErrors.forbidden({ group: '', resource: 'events' }, '', 'it is going'), 0],
    ['a namespace that is gone', statusErrors.notFound({ group: '', resource: 'namespaces' }, 'default'), 0],
    ['anything else', statusErrors.badRequest('no'), 1],
  ])('never fails, and tells of %s as it should', async (_what, error, warnings) => {
    const { recorder, lines } = failing(error);
    recorder.record(map('a'), event);
    await recorder.flush();
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(warnings);
  });

  it('begins anew after an Event that was not written', async () => {
    const { recorder, requests } = failing(statusErrors.badRequest('no'));
    for (let n = 0; n < 2; n++) {
      recorder.record(map('a'), event);
      await recorder.flush();
    }
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'POST']);
  });

  it('drops what a storm brings beyond a hundred writes at once, with one line in the log', async () => {
    const { recorder, requests, answer, clock } = start();
    for (let n = 0; n < 300; n++) recorder.record(map(`${n}`), event);
    await clock.advance(0);
    expect(requests).toHaveLength(100);
    await answer();
    await recorder.flush();
    recorder.record(map('later'), event);
    await clock.advance(0);
    expect(requests).toHaveLength(101);
    await answer();
  });
});

describe('an Event', () => {
  const recorded = async (...args: Parameters<EventRecorder['record']>): Promise<Record<string, unknown>> => {
    const { recorder, requests, answer, clock } = start();
    recorder.record(...args);
    await clock.advance(0);
    await answer();
    return JSON.parse(String(requests[0]?.body)) as Record<string, unknown>;
  };

  it('is in the namespace of what it is about, and in `default` for what has none', async () => {
    expect(await recorded({ ...map('a'), metadata: { name: 'a', namespace: 'web' } }, event)).toMatchObject({
      metadata: { namespace: 'web' },
      regarding: { kind: 'ConfigMap', name: 'a', namespace: 'web' },
    });
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', uid: 'u' } };
    expect(await recorded(node, event)).toMatchObject({ metadata: { namespace: 'default' }, regarding: { uid: 'u' } });
  });

  it('keeps a kibibyte of its note, which is what servers take', async () => {
    const { note } = await recorded(map('a'), { ...event, note: 'x'.repeat(5000) });
    expect(note).toHaveLength(1024);
  });

  it('has a name that servers take, however long that of its object is', async () => {
    const { metadata } = await recorded(map('a'.repeat(253)), event);
    expect((metadata as { name: string }).name.length).toBeLessThanOrEqual(253);
  });

  it('of another reason, note or related object is another Event', async () => {
    const { recorder, requests, answer, clock } = start();
    for (const input of [
      event,
      { ...event, reason: 'Other' },
      { ...event, note: 'other' },
      { ...event, related: map('b') },
    ])
      recorder.record(map('a'), input);
    await clock.advance(0);
    await answer();
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST', 'POST']);
  });

  it('that was quiet for more than six minutes is another one', async () => {
    const { recorder, requests, answer, clock } = start();
    for (const wait of [0, 360_000, 360_001]) {
      await clock.advance(wait);
      recorder.record(map('a'), event);
      await clock.advance(0);
      await answer();
    }
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST']);
  });
});
