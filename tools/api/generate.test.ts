import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decode } from './notation.mjs';

describe('the fact table', () => {
  it('has generated what is committed', () => {
    const generator = fileURLToPath(new URL('generate.mjs', import.meta.url));
    expect(execFileSync(process.execPath, [generator, '--check'], { encoding: 'utf8' })).toContain('0 files stale');
  });

  it('is written in a notation that can be read', () => {
    const node = {
      t: '[]',
      of: { t: '#a.B', mapType: 'atomic' },
      listType: 'map',
      mapKeys: ['name'],
      patch: 'merge',
      mergeKey: 'name',
    };
    expect(decode(node)).toEqual({
      type: 'array',
      items: { $ref: 'a.B', 'x-kubernetes-map-type': 'atomic' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
    });
    expect(decode('{}[]int32')).toEqual({
      type: 'object',
      additionalProperties: { type: 'array', items: { type: 'integer', format: 'int32' } },
    });
  });

  it('keeps the numbers of protobuf fields', () => {
    const facts = JSON.parse(readFileSync(new URL('facts/kubernetes-1.36.json', import.meta.url), 'utf8'));
    expect(facts.protobuf['k8s.io.api.core.v1.Pod']).toMatchObject({ spec: '2 PodSpec', status: '3 PodStatus' });
  });
});
