import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import type { ConfigMap } from '../generated/core/v1.js';
import type { Condition } from '../generated/meta/v1.js';
import { findCondition, isConditionTrue, removeCondition, setCondition } from './conditions.js';
import { hasFinalizer, isDeleting } from './finalizers.js';
import { formatObjectKey, objectKey, parseObjectKey } from './object-key.js';
import {
  addOwnerReference,
  controllerReference,
  isControlledBy,
  isOwnedBy,
  ownerReference,
  removeOwnerReference,
  setControllerReference,
} from './owner-references.js';
import { formatMicroTime, formatTime, parseTime } from './time.js';

const configMap = (name: string, metadata: ConfigMap['metadata'] = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'default', name, uid: `uid-of-${name}`, ...metadata },
});

describe('owner references', () => {
  it('sets, finds and keeps the controller', () => {
    const [owner, object] = [configMap('owner'), configMap('object')];
    setControllerReference(object, owner);
    setControllerReference(object, owner);
    expect(object.metadata.ownerReferences).toEqual([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: 'owner',
        uid: 'uid-of-owner',
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    expect(controllerReference(object)?.name).toBe('owner');
    expect(isControlledBy(object, owner)).toBe(true);
    expect(isOwnedBy(object, configMap('owner', { uid: 'anew' }))).toBe(false);
  });

  it('refuses a second controller, an owner without uid and one of another namespace', () => {
    const object = configMap('object');
    setControllerReference(object, configMap('first'));
    expect(() => setControllerReference(object, configMap('second'))).toThrow(
      "is controlled by ConfigMap 'first' already",
    );
    const { uid: _, ...unsaved } = configMap('third').metadata;
    expect(() => addOwnerReference(object, { ...configMap('third'), metadata: unsaved })).toThrow('has no uid');
    expect(() => addOwnerReference(object, configMap('fourth', { namespace: 'other' }))).toThrow('cannot own');
  });

  it('makes an owner the controller in its place', () => {
    const [owner, object] = [configMap('owner'), configMap('object')];
    addOwnerReference(object, owner);
    addOwnerReference(object, owner);
    expect(object.metadata.ownerReferences).toEqual([ownerReference(owner)]);
    expect(isControlledBy(object, owner)).toBe(false);
    addOwnerReference(object, configMap('other'));
    setControllerReference(object, owner);
    expect(object.metadata.ownerReferences?.map(({ name, controller }) => [name, controller])).toEqual([
      ['owner', true],
      ['other', undefined],
    ]);
    expect(removeOwnerReference(object, owner)).toBe(true);
    expect(removeOwnerReference(object, owner)).toBe(false);
    expect(removeOwnerReference(object, configMap('other'))).toBe(true);
    expect(object.metadata).not.toHaveProperty('ownerReferences');
  });
});

describe('finalizers', () => {
  it('are found by name', () => {
    const object = configMap('a', { finalizers: ['x/y'] });
    expect([hasFinalizer(object, 'x/y'), hasFinalizer(object, 'x/z'), hasFinalizer(configMap('b'), 'x/y')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('tells a deletion by its timestamp', () => {
    expect(isDeleting(configMap('a'))).toBe(false);
    expect(isDeleting(configMap('a', { deletionTimestamp: '2026-01-01T00:00:00Z' }))).toBe(true);
  });
});

describe('conditions', () => {
  it('moves the time of transition only with the status', async () => {
    const clock = new FakeClock();
    const update = { type: 'Ready', status: 'False', reason: 'Starting' } as const;
    const first = setCondition<Condition>([], update, clock.now());
    await clock.advance(60_000);
    const second = setCondition(first, { ...update, reason: 'StillStarting', message: 'soon' }, clock.now());
    const third = setCondition(second, { ...update, status: 'True', reason: 'Up', observedGeneration: 2 }, clock.now());
    expect([first, second, third].map(([condition]) => condition?.lastTransitionTime)).toEqual([
      '2026-01-01T00:00:00Z',
      '2026-01-01T00:00:00Z',
      '2026-01-01T00:01:00Z',
    ]);
    expect(first).toEqual([{ ...update, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }]);
    expect(third[0]).toMatchObject({ reason: 'Up', message: '', observedGeneration: 2 });
    expect(isConditionTrue(third, 'Ready')).toBe(true);
  });

  it('keeps other conditions and fields of its own kind', () => {
    const old = [
      { type: 'A', status: 'True', lastUpdateTime: 'x' },
      { type: 'B', status: 'True' },
    ];
    const next = setCondition(old, { type: 'A', status: 'False', reason: 'R' }, 0);
    expect(next[0]).toMatchObject({ type: 'A', status: 'False', lastUpdateTime: 'x' });
    expect(next[1]).toBe(old[1]);
    expect(old[0]?.status).toBe('True');
    expect(removeCondition(next, 'A')).toEqual([old[1]]);
    expect(findCondition(next, 'C')).toBeUndefined();
    expect(findCondition(undefined, 'C')).toBeUndefined();
    expect(removeCondition(undefined, 'C')).toEqual([]);
  });
});

describe('object keys', () => {
  it('reads back what it writes', () => {
    for (const key of ['a/b', 'b']) expect(formatObjectKey(parseObjectKey(key))).toBe(key);
    expect(objectKey(configMap('b'))).toBe('default/b');
    expect(objectKey({ metadata: {} })).toBe('');
  });

  it.each(['', '/', 'a/', '/b', 'a/b/c'])('refuses %j', (key) => {
    expect(() => parseObjectKey(key)).toThrow('is not an object');
  });
});

describe('times', () => {
  const epoch = Date.UTC(2026, 0, 1);

  it('writes whole seconds, and exactly six decimals', () => {
    expect(formatTime(epoch + 999)).toBe('2026-01-01T00:00:00Z');
    expect(formatMicroTime(epoch + 7)).toBe('2026-01-01T00:00:00.007000Z');
    expect(formatMicroTime(epoch + 0.25)).toBe('2026-01-01T00:00:00.000250Z');
    expect(formatMicroTime(epoch)).toBe('2026-01-01T00:00:00.000000Z');
  });

  it('reads both', () => {
    expect(parseTime(formatTime(epoch))).toBe(epoch);
    expect(parseTime('2026-01-01T02:00:00.500000+02:00')).toBe(epoch + 500);
    for (const text of ['', 'now', '2026-01-01', '2026-13-01T00:00:00Z'])
      expect(() => parseTime(text)).toThrow('RFC 3339');
  });
});
