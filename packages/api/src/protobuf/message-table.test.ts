import { describe, expect, it } from 'vitest';
import { builtinResources } from '../builtin/schemas.js';
import { apiVersionOf } from '../kind/kind.js';
import { findMessage, messageOfKind, protobufKinds } from './message-table.js';

describe('the table of messages', () => {
  it('has every kind that is served, its list, and the kinds of its subresources', () => {
    const wanted = builtinResources().flatMap((resource) => [
      { ...resource, apiVersion: apiVersionOf(resource) },
      ...(resource.verbs.includes('list')
        ? [{ apiVersion: apiVersionOf(resource), kind: `${resource.kind}List` }]
        : []),
      ...resource.subresources.map(({ kind }) => ({ apiVersion: apiVersionOf(kind), kind: kind.kind })),
    ]);
    expect(wanted.length).toBeGreaterThan(200);
    for (const { apiVersion, kind } of wanted)
      expect(messageOfKind(apiVersion, kind), `${apiVersion} ${kind}`).toBeDefined();
  });

  it('finds the messages that a field refers to', () => {
    for (const { apiVersion, kind } of protobufKinds())
      for (const field of messageOfKind(apiVersion, kind)?.fields ?? [])
        if (field.type === 'message') expect(field.message, `${kind}.${field.name}`).toBeDefined();
  });

  it('knows options in every group, and the other common kinds in v1', () => {
    expect(messageOfKind('apps/v1', 'DeleteOptions')?.name).toBe('meta.v1.DeleteOptions');
    expect(messageOfKind('v1', 'Status')?.name).toBe('meta.v1.Status');
    expect(messageOfKind('meta.k8s.io/v1', 'PartialObjectMetadata')?.name).toBe('meta.v1.PartialObjectMetadata');
    expect(messageOfKind('apps/v1', 'Status')).toBeUndefined();
    expect(messageOfKind('v1', 'PartialObjectMetadata')).toBeUndefined();
  });

  it('knows no kind that is not built in, and takes no part of one for a kind', () => {
    expect(messageOfKind('example.com/v1', 'Pod')).toBeUndefined();
    expect(messageOfKind('v1', 'PodSpec')).toBeUndefined();
    expect(messageOfKind('meta.k8s.io/v1', 'Table')).toBeUndefined();
    expect(messageOfKind('__proto__', 'constructor')).toBeUndefined();
    expect(findMessage('constructor')).toBeUndefined();
  });
});
