import { describe, expect, it } from 'vitest';
import type { MutableJson } from '../json/json.js';
import { decodeMessage, decodeProtobuf, encodeList, encodeMessage, encodeProtobuf, hasProtobuf } from './codec.js';
import { decodeEnvelope, isProtobuf } from './envelope.js';
import { Writer } from './writer.js';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const roundTrip = (object: { apiVersion: string; kind: string }) => decodeProtobuf(encodeProtobuf(object)).object;

/** What one field of a message becomes, with all else that JSON always has cut off. */
const field = (apiVersion: string, kind: string, bytes: string, path: string): MutableJson | undefined => {
  let value: MutableJson | undefined = decodeMessage(apiVersion, kind, hex(bytes));
  for (const key of path.split('.'))
    value = typeof value === 'object' && value !== null && !Array.isArray(value) ? value[key] : undefined;
  return value;
};

describe('an envelope', () => {
  it('names the kind of its object', () => {
    const bytes = hex('6b387300 0a0f 0a027631 1209 436f6e6669674d6170 1204 0a021200 1a00 2200');
    expect(isProtobuf(bytes)).toBe(true);
    expect(decodeEnvelope(bytes)).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', raw: hex('0a021200') });
    expect(decodeProtobuf(bytes).object).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} });
  });

  it('is written as Go writes it', () => {
    const object = { apiVersion: 'v1', kind: 'Binding', target: { name: 'n' } };
    expect(Buffer.from(encodeProtobuf(object)).toString('hex')).toBe(
      hex(
        `6b387300 0a0d 0a027631 1207 42696e64696e67
         1223 0a10 0a00 1200 1a00 2200 2a00 3200 3800 4200
              120f 0a00 1200 1a016e 2200 2a00 3200 3a00 1a00 2200`,
      ).toString('hex'),
    );
  });

  it.each([
    ['', 'it does not begin'],
    ['7b7d', 'it does not begin'],
    ['6b387300', 'names no apiVersion'],
    ['6b387300 0aff', 'in the middle'],
    ['6b387300 0a0f 0a027631 1209 436f6e6669674d6170 1a05677a6970', 'in the middle'],
    ['6b387300 0a0f 0a027631 1209 436f6e6669674d6170 1a04677a6970', "content encoding is 'gzip'"],
  ])('%s is refused', (bytes, reason) => {
    expect(() => decodeProtobuf(hex(bytes))).toThrow(reason);
  });

  it('of a kind without a message is refused', () => {
    const bytes = hex('6b387300 0a0f 0a08 612e636f6d2f7631 1203 466f6f 1200');
    expect(() => decodeProtobuf(bytes)).toThrow(expect.objectContaining({ code: 'KW_API_PROTOBUF_KIND' }));
    expect(() => encodeProtobuf({ apiVersion: 'a.com/v1', kind: 'Foo' })).toThrow('no protobuf form');
    expect(() => encodeProtobuf({ kind: 'Pod' })).toThrow('needs a kind');
    expect(hasProtobuf('v1', 'Pod') && !hasProtobuf('a.com/v1', 'Foo')).toBe(true);
  });
});

describe('decoding', () => {
  it.each<[string, string, string, string, string, MutableJson | undefined]>([
    ['a pointer to zero', 'apps/v1', 'Deployment', '1202 0800', 'spec.replicas', 0],
    ['no pointer', 'apps/v1', 'Deployment', '1200', 'spec.replicas', undefined],
    ['an int32 below zero', 'apps/v1', 'Deployment', '120b 08 ffffffffffffffffff01', 'spec.replicas', -1],
    ['an empty value that JSON omits', 'apps/v1', 'Deployment', '1202 2800', 'spec.minReadySeconds', undefined],
    ['what JSON always has', 'apps/v1', 'Deployment', '', 'status', {}],
    ['a pointer that JSON always has', 'apps/v1', 'Deployment', '1200', 'spec.selector', null],
    ['a list that JSON always has', 'v1', 'Pod', '1200', 'spec.containers', null],
    ['an int64', 'v1', 'Pod', '0a07 38 ffffffffff07', 'metadata.generation', 2 ** 38 - 1],
    ['a time', 'v1', 'Pod', '0a0a 4208 08 80e2cfaa06 1005', 'metadata.creationTimestamp', '2023-11-14T22:13:20Z'],
    ['the zero time', 'v1', 'Pod', '0a02 4200', 'metadata.creationTimestamp', undefined],
    ['a pointer to the zero time', 'v1', 'Pod', '0a02 4a00', 'metadata.deletionTimestamp', null],
    ['bytes', 'v1', 'Secret', '1207 0a0161 1202 00ff', 'data', { a: 'AP8=' }],
    ['a map entry without a value', 'v1', 'ConfigMap', '1203 0a0161', 'data', { a: '' }],
    ['unknown fields', 'v1', 'Pod', 'f83f7f f93f0102030405060708 fa3f02aabb fd3f01020304', 'status', {}],
  ])('%s', (_name, apiVersion, kind, bytes, path, expected) => {
    expect(field(apiVersion, kind, bytes, path)).toEqual(expected);
  });

  it('takes packed lists too', () => {
    const bytes = hex('1208 7206 22 04 01 02 03 04');
    expect(decodeMessage('v1', 'Pod', bytes)).toMatchObject({
      spec: { securityContext: { supplementalGroups: [1, 2, 3, 4] } },
    });
  });

  it('keeps keys of maps that have a meaning in JavaScript', () => {
    const text = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{},"data":{"__proto__":"a","constructor":"b"}}';
    const object = roundTrip(JSON.parse(text) as { apiVersion: string; kind: string });
    expect(JSON.stringify(object.data)).toBe('{"__proto__":"a","constructor":"b"}');
    expect(Object.getPrototypeOf(object.data)).toBe(Object.prototype);
  });

  it.each([
    ['v1', 'Pod', '0a', 'in the middle'],
    ['v1', 'Pod', '0a05 0a', 'in the middle'],
    ['v1', 'Pod', '0a04 0a05 6161', 'in the middle'],
    ['v1', 'Pod', '0800', "field 'metadata' has wire type 0, not 2"],
    ['v1', 'Pod', 'f83fffffffffffffffffffffff01', 'longer than ten bytes'],
    ['v1', 'Pod', 'fb3f', 'wire type 3'],
    ['v1', 'Pod', '0000', 'number 0'],
    ['v1', 'Pod', '0a09 4207 08 ffffffffff7f', 'out of range'],
    ['v1', 'ResourceQuota', '1208 0a06 0a0161 1201 0a', 'in the middle'],
    ['v1', 'ResourceQuota', '1207 0a05 0a0161 1200', 'a quantity is empty'],
    ['apps/v1', 'ControllerRevision', '1203 0a01 7b', 'the JSON within it is malformed'],
  ])('%s %s %s is refused', (apiVersion, kind, bytes, reason) => {
    expect(() => decodeMessage(apiVersion, kind, hex(bytes))).toThrow(
      expect.objectContaining({ code: 'KW_API_PROTOBUF', message: expect.stringContaining(reason) as string }),
    );
  });

  it('ends at a depth', () => {
    // From the outside: spec, versions, schema, openAPIV3Schema, and then allOf within allOf.
    const numbers = [2, 7, 4, 1, ...Array.from({ length: 300 }, () => 27)];
    const writer = new Writer();
    for (const number of numbers.toReversed()) writer.header(number, 0);
    expect(() => decodeMessage('apiextensions.k8s.io/v1', 'CustomResourceDefinition', writer.finish())).toThrow(
      'nested deeper than 250 levels',
    );
    let list = encodeProtobuf({ apiVersion: 'v1', kind: 'ConfigMap' });
    for (let depth = 0; depth < 300; depth++) list = encodeList({ apiVersion: 'v1', kind: 'List' }, [list]);
    expect(() => decodeProtobuf(list)).toThrow('nested deeper than 250 levels');
  });
});

describe('special values', () => {
  it.each<[string, { apiVersion: string; kind: string; [key: string]: unknown }]>([
    [
      'embedded structs',
      pod({ containers: null, volumes: [{ name: 'a', configMap: { name: 'b', defaultMode: 420 } }] }),
    ],
    [
      'embedded structs within others',
      pod({
        containers: [{ name: 'a', resources: {}, envFrom: [{ configMapRef: { name: 'b', optional: false } }] }],
        ephemeralContainers: [
          { name: 'c', resources: {}, livenessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1 } },
        ],
      }),
    ],
    [
      'quantities',
      pod({
        containers: [{ name: 'a', resources: { limits: { cpu: '100m', memory: '1Gi' } } }],
        overhead: { cpu: '0' },
      }),
    ],
    [
      'numbers or texts',
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: {},
        spec: {
          ports: [
            { port: 80, targetPort: 'http' },
            { port: 81, targetPort: -1 },
            { port: 82, targetPort: 0 },
          ],
        },
        status: { loadBalancer: {} },
      },
    ],
    [
      'times of seconds and of microseconds',
      {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { creationTimestamp: '1969-12-31T23:59:59Z' },
        spec: { acquireTime: '2026-01-02T03:04:05.000006Z', renewTime: '1960-01-01T00:00:00.999999Z' },
      },
    ],
    [
      'field sets',
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { managedFields: [{ manager: 'm', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { '.': {} } } }] },
      },
    ],
    [
      'embedded JSON',
      { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: {}, data: { spec: [1, null, 'é'] }, revision: 1 },
    ],
    [
      'lists as values of maps',
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        metadata: {},
        spec: { token: 't' },
        status: { user: { username: 'u', extra: { a: ['b', 'c'], d: ['e'] } } },
      },
    ],
  ])('%s', (_name, object) => {
    expect(roundTrip(object)).toEqual(object);
  });

  it('shows the right member of each union of a CustomResourceDefinition', () => {
    const schema = {
      type: 'object',
      default: { a: null },
      enum: ['a', 1, false],
      maximum: 1.5,
      items: { type: 'string' },
      additionalProperties: false,
      additionalItems: true,
      dependencies: { a: ['b'], c: { type: 'object' } },
      properties: {
        a: { items: [{ type: 'string' }, { type: 'integer' }], additionalProperties: { $ref: '#' } },
        b: { 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': false },
      },
    };
    const object = roundTrip({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      spec: { versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }] },
    } as { apiVersion: string; kind: string });
    expect(object).toMatchObject({ spec: { versions: [{ schema: { openAPIV3Schema: schema } }] } });
  });

  it('decodes an envelope within an object', () => {
    const options = encodeProtobuf({ apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 } as never);
    const list = encodeList({ apiVersion: 'v1', kind: 'List' }, [options]);
    expect(decodeProtobuf(list).object.items).toEqual([
      { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 },
    ]);
  });
});

describe('encoding', () => {
  it('takes items of a list as objects or as bytes', () => {
    const object = { metadata: { name: 'a' }, data: { b: 'c' } };
    const list = { apiVersion: 'v1', kind: 'ConfigMapList', metadata: { resourceVersion: '5' } };
    const bytes = encodeMessage('v1', 'ConfigMap', object);
    expect(encodeList(list, [bytes, object])).toEqual(encodeList(list, [object, bytes]));
    expect(decodeProtobuf(encodeList(list, [bytes])).object).toEqual({ ...list, items: [object] });
    expect(decodeProtobuf(encodeList(list, [])).object.items).toBe(null);
  });

  it.each<[unknown, string]>([
    [{ spec: { replicas: '1' } }, "'replicas' cannot be encoded as protobuf: it must be a whole number, not string"],
    [{ spec: { replicas: 1.5 } }, 'whole number'],
    [{ spec: [] }, "'spec' cannot be encoded as protobuf: it must be an object, not a list"],
    [{ spec: { paused: 1 } }, 'true or false'],
    [{ metadata: { labels: { a: 1 } } }, 'a text'],
    [{ metadata: { finalizers: 'a' } }, 'a list'],
  ])('refuses %j', (part, text) => {
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', ...(part as object) };
    expect(() => encodeProtobuf(object)).toThrow(text);
  });

  it('refuses a text that is no time', () => {
    const object = { apiVersion: 'v1', kind: 'Pod', metadata: { creationTimestamp: 'now' } };
    expect(() => encodeProtobuf(object)).toThrow("'now' is not a time");
  });

  it('leaves out what the kind does not have, and null', () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: null, foo: 1 }, bar: {} };
    expect(roundTrip(object)).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} });
  });
});

function pod(spec: object) {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec, status: {} };
}
