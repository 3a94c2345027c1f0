import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '@kubewright/core/testing';
import { informerErrors } from '../errors/informer-errors.js';
import { decodeWatch } from '../client/decode-watch.js';
import { EventBatch } from './event-batch.js';
import { LineSplitter } from './line-splitter.js';
import { parseEvent, scanEvent } from './raw-event.js';
import { readBatches } from './read-batches.js';

const event = (type: string, name: string, uid: string, resourceVersion: string, rest: object = {}): string =>
  JSON.stringify({
    type,
    object: { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'ns', uid, resourceVersion }, ...rest },
  });

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    const lines = ['{"a":"ä€😀"}', 'x', '{"long":"' + 'é'.repeat(500) + '"}'];
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join('\n'));
    const random = new SeededRandom(3);
    for (let round = 0; round < 200; round++) {
      const splitter = new LineSplitter();
      const got: string[] = [];
      for (let at = 0; at < bytes.length;) {
        const size = 1 + Math.floor(random.next() * (round % 2 === 0 ? 7 : 300));
        splitter.push(bytes.subarray(at, at + size), (line) => got.push(line));
        at += size;
      }
      expect(got).toEqual(lines);
    }
  });

  it('refuses what is no UTF-8 instead of giving it with other characters', () => {
    const splitter = new LineSplitter();
    expect(() => splitter.push(Buffer.from([0x22, 0xc3, 0x28, 0x22, 0x0a]), () => {})).toThrow(/it is no UTF-8/);
  });

  it('refuses a line that grows beyond the limit, complete or not', () => {
    expect(() => new LineSplitter(10).push(Buffer.from('12345678901'), () => {})).toThrow(/longer than 10/);
    expect(() => new LineSplitter(10).push(Buffer.from('12345678901\n'), () => {})).toThrow(/longer than 10/);
  });
});

describe('scanEvent', () => {
  const managedFields = [{ manager: 'x', fieldsV1: { 'f:metadata': { 'f:name "quoted" \\': {} } } }];
  const cases: [string, string, object][] = [
    [
      'metadata first',
      event('ADDED', 'a', 'u1', '5', { spec: { name: 'other' } }),
      { type: 'ADDED', name: 'a', namespace: 'ns', uid: 'u1', resourceVersion: '5' },
    ],
    [
      'sorted fields, with braces and quotes in strings before',
      JSON.stringify({
        object: {
          apiVersion: 'v1',
          data: { a: '}{"\\' },
          kind: 'X',
          metadata: { annotations: { k: '"]}' }, managedFields, name: 'n', resourceVersion: '7', uid: 'u' },
        },
        type: 'DELETED',
      }),
      { type: 'DELETED', name: 'n', namespace: '', uid: 'u', resourceVersion: '7' },
    ],
    [
      'white space',
      ' { "type" : "MODIFIED" , "object" : { "metadata" : { "uid":"u", "name" : "n" , "resourceVersion": "9" } } } ',
      { type: 'MODIFIED', name: 'n', uid: 'u', resourceVersion: '9' },
    ],
    [
      'escapes in the name',
      '{"type":"ADDED","object":{"metadata":{"name":"\\u0061","uid":"u","resourceVersion":"3"}}}',
      { type: 'ADDED', name: 'a', uid: 'u' },
    ],
    [
      'a bookmark',
      '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"12"}}}',
      { type: 'BOOKMARK', resourceVersion: '12' },
    ],
    ['an error', '{"type":"ERROR","object":{"kind":"Status","code":410}}', { type: 'ERROR' }],
  ];
  for (const [name, line, expected] of cases)
    it(`reads ${name}`, () => expect(scanEvent(line)).toMatchObject(expected));

  for (const bad of [
    '',
    '{}',
    '[]',
    'null',
    '{"type":"ADDED"',
    '{"type":"NEWS","object":{}}',
    '{"type":"ADDED","object":null}',
    '{"type":"ADDED","object":{}}',
    '"',
  ]) {
    it(`refuses ${JSON.stringify(bad)}`, () => expect(() => scanEvent(bad)).toThrow(/watch event cannot be read/));
  }

  it('agrees with a full parse on random objects', () => {
    const random = new SeededRandom(11);
    const value = (depth: number): unknown => {
      const dice = random.next();
      if (depth === 0 || dice < 0.3)
        return ['', 'a"b', '\\', '\\"', '}', 1, -2.5e3, true, null][Math.floor(random.next() * 9)];
      if (dice < 0.6) return Array.from({ length: Math.floor(random.next() * 4) }, () => value(depth - 1));
      return Object.fromEntries(
        Array.from({ length: Math.floor(random.next() * 4) }, (_, at) => [`k"${at}\\`, value(depth - 1)]),
      );
    };
    for (let round = 0; round < 2000; round++) {
      const metadata = {
        labels: value(2),
        name: `n${round}`,
        namespace: 'ns',
        uid: `u${round}`,
        x: value(2),
        resourceVersion: String(round + 1),
      };
      const line = JSON.stringify({ type: 'MODIFIED', object: { a: value(3), metadata, b: value(3) } });
      expect(scanEvent(line)).toMatchObject({
        name: metadata.name,
        namespace: 'ns',
        uid: metadata.uid,
        resourceVersion: metadata.resourceVersion,
      });
      expect(() => parseEvent(line)).not.toThrow();
    }
  });
});

describe('EventBatch', () => {
  const batchOf = (...events: [string, string, string, string][]): string[] => {
    const batch = new EventBatch();
    for (const [type, name, uid, version] of events) batch.add(scanEvent(event(type, name, uid, version)));
    return batch
      .take()
      .events.map(({ type, name, uid, resourceVersion }) => `${type} ${name} ${uid} ${resourceVersion}`);
  };

  it('keeps of updates of one object only the newest', () =>
    expect(
      batchOf(
        ['ADDED', 'a', 'u1', '1'],
        ['MODIFIED', 'b', 'u2', '2'],
        ['MODIFIED', 'a', 'u1', '3'],
        ['MODIFIED', 'a', 'u1', '4'],
      ),
    ).toEqual(['ADDED a u1 4', 'MODIFIED b u2 2']));

  it('never merges a delete with a re-create, nor an appearance with its end', () =>
    expect(
      batchOf(
        ['ADDED', 'a', 'u1', '1'],
        ['DELETED', 'a', 'u1', '2'],
        ['ADDED', 'a', 'u2', '3'],
        ['MODIFIED', 'a', 'u2', '4'],
      ),
    ).toEqual(['ADDED a u1 1', 'DELETED a u1 2', 'ADDED a u2 4']));

  it('keeps updates apart whose uid differs', () =>
    expect(batchOf(['MODIFIED', 'a', 'u1', '1'], ['MODIFIED', 'a', 'u2', '2'])).toHaveLength(2));
});

describe('readBatches', () => {
  it('yields what came before a failure, then fails', async () => {
    const got: string[] = [];
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${event('ADDED', 'a', 'u1', '1')}\n`);
      yield Buffer.from(`${event('ADDED', 'b', 'u2', '2')}\nnonsense\n`);
    }
    const reading = (async () => {
      for await (const { events } of readBatches(body())) got.push(...events.map(({ name }) => name));
    })();
    await expect(reading).rejects.toSatisfy(informerErrors.WATCH_LINE_INVALID.is);
    expect(got).toEqual(['a', 'b']);
  });

  it('stops reading while too much waits to be applied', async () => {
    let read = 0;
    async function* body(): AsyncGenerator<Uint8Array> {
      for (; read < 100; read++) yield Buffer.from(`${event('ADDED', `n${read}`, `u${read}`, String(read + 1))}\n`);
    }
    let total = 0;
    for await (const { events } of readBatches(body(), { maxEvents: 10 })) {
      total += events.length;
      expect(events.length).toBeLessThanOrEqual(10);
      expect(read).toBeLessThanOrEqual(total + 10);
    }
    expect(total).toBe(100);
  });
});

describe('decodeWatch', () => {
  it('yields every event and throws an ERROR as a StatusError', async () => {
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(
        `${event('ADDED', 'a', 'u', '1')}\n${event('MODIFIED', 'a', 'u', '2')}\n{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"old"}}\n`,
      );
    }
    const types: string[] = [];
    const reading = (async () => {
      for await (const { type } of decodeWatch(body())) types.push(type);
    })();
    await expect(reading).rejects.toMatchObject({ code: 410, reason: 'Expired' });
    expect(types).toEqual(['ADDED', 'MODIFIED']);
  });
});

describe('a body that is always there', () => {
  /** Chunks without end that need no I/O, as from a server in the same process, until a turn of the event loop came. */
  async function* endless(text: string): AsyncGenerator<Uint8Array, void> {
    const chunk = Buffer.from(text);
    const turned = new AbortController();
    setImmediate(() => turned.abort());
    while (!turned.signal.aborted) yield chunk;
  }

  it('lets the event loop turn, whether its lines are empty, merge, or are read one by one', async () => {
    for await (const _batch of readBatches(endless('\n\n')));
    for await (const _batch of readBatches(endless(`${event('MODIFIED', 'a', 'u', '1')}\n`)));
    for await (const _event of decodeWatch(endless('\n')));
    for await (const _event of decodeWatch(endless(`${event('MODIFIED', 'a', 'u', '1')}\n`)));
  });
});
