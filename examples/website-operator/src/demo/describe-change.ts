/** One line about what a watch event changed, from the two states of the object. Pure. */
import type { KubeObject } from '@kubewright/api';

/** The fields that are shown are numbers and words. */
type Loose = Readonly<Record<string, string | number | undefined>>;

const record = (value: unknown): Loose => (typeof value === 'object' && value !== null ? (value as Loose) : {});

/** What people look at in an object of each kind. */
const facts: Readonly<Record<string, (spec: Loose, status: Loose) => string>> = {
  Website: (spec, status) => `wants ${spec['replicas']}, has ${status['readyReplicas'] ?? 0} ready`,
  Deployment: (spec, status) => `wants ${spec['replicas']}, has ${status['readyReplicas'] ?? 0} ready`,
  ReplicaSet: (spec, status) => `wants ${spec['replicas']}, has ${status['readyReplicas'] ?? 0} ready`,
  Pod: (spec, status) =>
    [status['phase'] ?? 'Pending', spec['nodeName'] === undefined ? 'no node yet' : `on ${spec['nodeName']}`].join(
      ', ',
    ),
  Service: (spec) => `at ${spec['clusterIP']}`,
};

function factOf(object: KubeObject): string {
  const { spec, status } = object as { spec?: unknown; status?: unknown };
  return facts[object.kind]?.(record(spec), record(status)) ?? '';
}

/** What is new; undefined where nothing that people look at has changed. */
export function describeChange(type: string, object: KubeObject, before: KubeObject | undefined): string | undefined {
  if (type === 'DELETED') return 'is gone';
  const fact = factOf(object);
  if (before === undefined) return `appears: ${fact}`;
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  if (deletionTimestamp !== undefined && before.metadata.deletionTimestamp === undefined)
    return `is to go${finalizers.length > 0 ? `, after ${finalizers.join(', ')}` : ''}`;
  const released = (before.metadata.finalizers ?? []).filter((name) => !finalizers.includes(name));
  if (released.length > 0) return `released by ${released.join(', ')}`;
  const taken = finalizers.filter((name) => !(before.metadata.finalizers ?? []).includes(name));
  if (taken.length > 0) return `is held by ${taken.join(', ')}`;
  return fact === factOf(before) ? undefined : fact;
}
