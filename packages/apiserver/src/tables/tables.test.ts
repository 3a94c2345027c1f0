import type { JsonObject } from '@kubewright/api';
import { describe, expect, it } from 'vitest';
import { customPrinter } from './custom-printer.js';
import { age, humanDuration } from './duration.js';
import { JsonPath } from './json-path.js';
import { printerOf } from './printers.js';
import { tableFor } from './table.js';

const now = Date.UTC(2026, 0, 2);
const metadata = { name: 'x', creationTimestamp: '2026-01-01T00:00:00Z' };

function cells(group: string, kind: string, object: JsonObject) {
  return printerOf({ group, kind }).cells({ metadata, ...object }, now);
}

describe('durations', () => {
  it.each([
    [-2000, '<invalid>'],
    [-1000, '0s'],
    [0, '0s'],
    [119_000, '119s'],
    [312_000, '5m12s'],
    [600_000, '10m'],
    [3 * 3600_000, '3h'],
    [3 * 3600_000 + 60_000, '3h1m'],
    [24 * 3600_000, '24h'],
    [51 * 3600_000, '2d3h'],
    [10 * 86_400_000, '10d'],
    [800 * 86_400_000, '2y70d'],
    [3000 * 86_400_000, '8y'],
  ])('%d ms is %s', (milliseconds, text) => {
    expect(humanDuration(milliseconds)).toBe(text);
  });

  it('says so where there is no time', () => {
    expect(age(undefined, now)).toBe('<unknown>');
  });
});

describe('a pod’s status', () => {
  const spec = { containers: [{ name: 'a' }, { name: 'b' }] };
  const running = { ready: true, restartCount: 0, state: { running: {} } };
  it.each<[string, JsonObject, string, string, string]>([
    ['not started', { spec, status: { phase: 'Pending' } }, '0/2', 'Pending', '0'],
    ['running', { spec, status: { phase: 'Running', containerStatuses: [running, running] } }, '2/2', 'Running', '0'],
    [
      'crashing',
      {
        spec,
        status: {
          phase: 'Running',
          containerStatuses: [
            running,
            {
              ready: false,
              restartCount: 3,
              state: { waiting: { reason: 'CrashLoopBackOff' } },
              lastState: { terminated: { finishedAt: '2026-01-01T23:59:00Z' } },
            },
          ],
        },
      },
      '1/2',
      'CrashLoopBackOff',
      '3 (60s ago)',
    ],
    [
      'deleted',
      { metadata: { ...metadata, deletionTimestamp: 'x' }, spec, status: { phase: 'Running' } },
      '0/2',
      'Terminating',
      '0',
    ],
    [
      'initialising',
      {
        spec: { ...spec, initContainers: [{ name: 'i' }] },
        status: { phase: 'Pending', initContainerStatuses: [{ name: 'i', state: { running: {} } }] },
      },
      '0/2',
      'Init:0/1',
      '0',
    ],
    [
      'failed by signal',
      { spec, status: { phase: 'Failed', containerStatuses: [{ state: { terminated: { signal: 9 } } }] } },
      '0/2',
      'Signal:9',
      '0',
    ],
    ['evicted', { spec, status: { phase: 'Failed', reason: 'Evicted' } }, '0/2', 'Evicted', '0'],
  ])('%s', (_, pod, ready, status, restarts) => {
    expect(cells('', 'Pod', pod).slice(0, 5)).toEqual(['x', ready, status, restarts, '24h']);
  });
});

describe('rows of other kinds', () => {
  it.each<[string, string, JsonObject, readonly unknown[]]>([
    [
      'apps',
      'Deployment',
      { spec: { replicas: 3 }, status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 } },
      ['x', '2/3', 3, 2, '24h'],
    ],
    [
      '',
      'Service',
      { spec: { type: 'NodePort', clusterIP: '10.0.0.1', ports: [{ port: 80, nodePort: 30_000, protocol: 'TCP' }] } },
      ['x', 'NodePort', '10.0.0.1', '<none>', '80:30000/TCP', '24h'],
    ],
    [
      '',
      'Node',
      {
        metadata: { ...metadata, labels: { 'node-role.kubernetes.io/control-plane': '' } },
        spec: { unschedulable: true },
        status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion: 'v1.36.0' } },
      },
      ['x', 'Ready,SchedulingDisabled', 'control-plane', '24h', 'v1.36.0'],
    ],
    ['', 'Secret', { type: 'Opaque', data: { a: '' } }, ['x', 'Opaque', 1, '24h']],
    [
      '',
      'PersistentVolumeClaim',
      {
        spec: { volumeName: 'v', storageClassName: 's' },
        status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] },
      },
      ['x', 'Bound', 'v', '1Gi', 'RWO', 's', '<unset>', '24h'],
    ],
    [
      'batch',
      'Job',
      { spec: { completions: 2 }, status: { succeeded: 1, startTime: '2026-01-01T23:59:50Z' } },
      ['x', 'Running', '1/2', '10s', '24h'],
    ],
    ['apiextensions.k8s.io', 'CustomResourceDefinition', {}, ['x', metadata.creationTimestamp]],
    ['example.com', 'Unknown', {}, ['x', '24h']],
  ])('%s %s', (group, kind, object, expected) => {
    expect(cells(group, kind, object).slice(0, expected.length)).toEqual(expected);
  });

  it('events say what happened to whom, and when last', () => {
    const event = {
      type: 'Warning',
      reason: 'Failed',
      message: 'no ',
      involvedObject: { kind: 'Pod', name: 'p' },
      lastTimestamp: '2026-01-01T23:59:00Z',
    };
    expect(cells('', 'Event', event).filter((_, index) => [0, 1, 2, 3, 6].includes(index))).toEqual([
      '60s',
      'Warning',
      'Failed',
      'pod/p',
      'no',
    ]);
  });
});

describe('tables', () => {
  it('carry as much of the object as asked for', () => {
    const object = { kind: 'ConfigMap', metadata, data: {} };
    const printer = printerOf({ group: '', kind: 'ConfigMap' });
    const rows = (['None', 'Metadata', 'Object'] as const).map(
      (includeObject) => tableFor(printer, [object], { includeObject, now }).rows[0]?.object,
    );
    expect(rows).toEqual([
      undefined,
      { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata },
      object,
    ]);
  });

  it('describe their columns unless told not to', () => {
    const printer = printerOf({ group: '', kind: 'Pod' });
    const table = tableFor(printer, [], { includeObject: 'None', now, metadata: { resourceVersion: '5' } });
    expect(table).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '5' },
      rows: [],
    });
    expect(table.columnDefinitions.filter((item) => item.priority === 0).map((item) => item.name)).toEqual([
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
    ]);
    expect(tableFor(printer, [], { includeObject: 'None', now, omitColumns: true }).columnDefinitions).toEqual([]);
  });
});

describe('custom columns', () => {
  const object: JsonObject = {
    metadata: { ...metadata, annotations: { 'a.b/c': 'annotated' } },
    spec: { replicas: 3, list: [{ name: 'a' }, { name: 'b' }] },
    status: { conditions: [{ type: 'Ready', status: 'True' }], since: metadata.creationTimestamp },
  };

  it.each([
    ['.spec.replicas', [3]],
    ['{.spec.list[1].name}', ['b']],
    ['.spec.list[*].name', ['a', 'b']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".metadata.annotations['a.b/c']", ['annotated']],
    ['.metadata.annotations.a\\.b/c', undefined],
    ['.missing.deep', []],
  ])('%s', (path, expected) => {
    expect(JsonPath.parse(path)?.find(object)).toEqual(expected);
  });

  it('have the types that were declared', () => {
    const printer = customPrinter([
      { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Since', type: 'date', jsonPath: '.status.since', priority: 1 },
      { name: 'Wrong', type: 'boolean', jsonPath: '.spec.replicas' },
      { name: 'Broken', type: 'string', jsonPath: '..x' },
    ]);
    expect(printer.cells(object, now)).toEqual(['x', 3, 'True', '24h', null, null]);
  });
});
