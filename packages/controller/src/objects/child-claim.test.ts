import type { ConfigMap } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { controllerErrors } from '../errors/controller-errors.js';
import { claimChild } from './child-claim.js';

const map = (uid: string, owner?: { readonly uid: string; readonly controller?: boolean }): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: 'child',
    namespace: 'default',
    uid,
    resourceVersion: '7',
    ...(owner && { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', ...owner }] }),
  },
});
const owner = { ...map('own'), metadata: { ...map('own').metadata, name: 'owner' } };

const codeOf = (claim: () => unknown): unknown => {
  try {
    claim();
    return undefined;
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
};

describe('claimChild', () => {
  it('lets what is absent only be created', () => {
    expect(claimChild(undefined, owner, false)).toEqual({ precondition: { resourceVersion: '1' }, adopts: false });
  });

  it("writes to what is the owner's in the very state it was judged in", () => {
    const existing = map('c', { uid: 'own', controller: true });
    expect(claimChild(existing, owner, false)).toEqual({
      precondition: { uid: 'c', resourceVersion: '7' },
      adopts: false,
    });
  });

  it('refuses what another controls, even where adoption is allowed, and an owner made anew under the same name is another', () => {
    const existing = map('c', { uid: 'earlier', controller: true });
    for (const adopt of [false, true])
      expect(codeOf(() => claimChild(existing, owner, adopt))).toBe(controllerErrors.ALREADY_OWNED.code);
  });

  it.each([
    ['nobody', map('c')],
    ['owners that are no controllers', map('c', { uid: 'other' })],
    ['the owner, but not as its controller', map('c', { uid: 'own' })],
  ])('takes what belongs to %s only where told to', (_, existing) => {
    expect(codeOf(() => claimChild(existing, owner, false))).toBe(controllerErrors.NOT_ADOPTED.code);
    expect(claimChild(existing, owner, true)).toEqual({
      precondition: { uid: 'c', resourceVersion: '7' },
      adopts: true,
    });
  });
});
