import type { DeepReadonly, KubeObject } from '@kubewright/api';

/** What becomes of an object before a cache keeps it. */
export interface PrepareOptions {
  /**
   * Which managers' entries of `metadata.managedFields` to keep: they are often half of an object and seldom read.
   * Default: none. `all` keeps the field as it came.
   */
  readonly managedFields?: readonly string[] | 'all' | undefined;
  /** Freezes objects to any depth, so that a write to a cached object throws. Default: false, it costs a walk over each object; a `TestCluster` does. Types forbid such writes either way. */
  readonly freeze?: boolean | undefined;
}

/** Makes what was parsed from the wire fit for a cache. It changes the object in place: nobody else has it yet. */
export function objectPreparer(options: PrepareOptions = {}): <T extends KubeObject>(object: T) => DeepReadonly<T> {
  const { managedFields = [], freeze = false } = options;
  return <T extends KubeObject>(object: T) => {
    if (managedFields !== 'all') reduceManagedFields(object, managedFields);
    return (freeze ? deepFreeze(object) : object) as DeepReadonly<T>;
  };
}

function reduceManagedFields(object: { metadata: KubeObject['metadata'] }, managers: readonly string[]): void {
  const { managedFields, ...metadata } = object.metadata;
  if (managedFields === undefined) return;
  const kept = managedFields.filter(({ manager }) => manager !== undefined && managers.includes(manager));
  // A new object instead of `delete`, after which V8 would keep the metadata as a slow dictionary.
  object.metadata = kept.length === 0 ? metadata : { ...metadata, managedFields: kept };
}

/** Without recursion: API servers take objects of 10,000 levels, which may be more than the stack has room for. */
function deepFreeze<T extends object>(value: T): T {
  const open: object[] = [value];
  for (let object = open.pop(); object !== undefined; object = open.pop()) {
    Object.freeze(object);
    const children: readonly unknown[] = Object.values(object);
    for (const child of children)
      if (typeof child === 'object' && child !== null && !Object.isFrozen(child)) open.push(child);
  }
  return value;
}
