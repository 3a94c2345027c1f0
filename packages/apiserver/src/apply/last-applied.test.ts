import { StatusError } from '@kubewright/api';
import type { Json, JsonObject } from '@kubewright/api';
import { builtinSchema, schemaOfKind } from '@kubewright/api/schemas';
import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { FieldManager } from './field-manager.js';

const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
const manager = new FieldManager({
  kind,
  schema: schemaOfKind(kind),
  resolve: builtinSchema,
  resetFields: new Map(),
  clock: new FakeClock(),
});

const web = (spec: Json, metadata: object = {}): JsonObject =>
  ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', ...metadata }, spec }) as JsonObject;
const metadata = (object: JsonObject): JsonObject => object['metadata'] as JsonObject;
const apply = (live: JsonObject, config: JsonObject, name: string): JsonObject =>
  manager.applyPatch({ live, config, manager: name, force: false, subresource: '' });
const update = (live: JsonObject | undefined, updated: JsonObject, name: string): JsonObject =>
  manager.recordUpdate({ live, updated, manager: name, subresource: '' });

function refusal(act: () => unknown): StatusError {
  try {
    act();
  } catch (error) {
    if (StatusError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('kubectl after client-side apply', () => {
  const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
  const clientSide = (spec: Json, lastSpec: Json): JsonObject =>
    update(
      undefined,
      web(spec, { annotations: { [annotation]: JSON.stringify(web(lastSpec)) } }),
      'kubectl-client-side-apply',
    );

  it('takes over what it had applied, and refreshes the annotation', () => {
    const result = apply(clientSide({ replicas: 1 }, { replicas: 1 }), web({ replicas: 2 }), 'kubectl');
    expect(result['spec']).toEqual({ replicas: 2 });
    const annotations = metadata(result)['annotations'] as { readonly [key: string]: string };
    expect(JSON.parse(annotations[annotation] ?? '')).toMatchObject({ spec: { replicas: 2 } });
  });

  it('conflicts where somebody changed the value since', () => {
    const live = update(
      clientSide({ replicas: 1, paused: true }, { replicas: 1, paused: true }),
      { ...clientSide({ replicas: 5, paused: true }, { replicas: 1, paused: true }) },
      'hpa',
    );
    expect(
      refusal(() => apply(live, web({ replicas: 2, paused: false }), 'kubectl')).causes.map(({ field }) => field),
    ).toEqual(['.spec.replicas']);
  });

  it('does so for kubectl only', () => {
    expect(refusal(() => apply(clientSide({ replicas: 1 }, { replicas: 1 }), web({ replicas: 2 }), 'alice')).code).toBe(
      409,
    );
  });

  it.each(['{', '[]', '{"apiVersion":"apps/v1beta1"}'])('conflicts where the annotation is %j', (text) => {
    const live = update(
      undefined,
      web({ replicas: 1 }, { annotations: { [annotation]: text } }),
      'kubectl-client-side-apply',
    );
    expect(refusal(() => apply(live, web({ replicas: 2 }), 'kubectl')).code).toBe(409);
  });

  it('drops the annotation rather than let the annotations grow beyond their limit', () => {
    const live = clientSide({ replicas: 1 }, { replicas: 1 });
    const large = web({ replicas: 2 }, { annotations: { note: 'x'.repeat(200 * 1024) } });
    expect(Object.keys(metadata(apply(live, large, 'kubectl'))['annotations'] as object)).toEqual(['note']);
  });
});
