/** Pod templates as revisions: which ReplicaSet or revision was made from one, and what to call it. */
import { isSemanticallyEqual } from '@kubewright/controller';
import type { DeepReadonly } from '@kubewright/api';
import type { PodTemplateSpec } from '@kubewright/api/core/v1';

export type ReadonlyPodTemplate = DeepReadonly<PodTemplateSpec>;

/** The label that keeps the pods of a Deployment's ReplicaSets apart. */
export const podTemplateHashLabel = 'pod-template-hash';

/** Upstream's alphabet for generated names: no vowels, so no words; no characters that look alike. */
const safeAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/**
 * A short name for a template. It is stable for equal templates and never compared: an existing revision is found by its
 * template, so that names made by another program, whose hash differs, stay valid.
 *
 * @param collisionCount - raised when the name is taken by something else.
 */
export function templateHash(template: ReadonlyPodTemplate, collisionCount = 0): string {
  const text = collisionCount === 0 ? canonicalJson(template) : `${canonicalJson(template)}#${collisionCount}`;
  let hash = 0x811c9dc5; // FNV-1a, 32 bit
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return Array.from(String(hash), (digit) => safeAlphabet[digit.charCodeAt(0) % safeAlphabet.length]).join('');
}

/** Whether two templates make the same pods. The hash label is what tells revisions apart, not part of them. */
export function isSameTemplate(a: ReadonlyPodTemplate, b: ReadonlyPodTemplate): boolean {
  return isSemanticallyEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: ReadonlyPodTemplate): ReadonlyPodTemplate {
  const labels = template.metadata?.labels;
  if (labels?.[podTemplateHashLabel] === undefined) return template;
  const { [podTemplateHashLabel]: _hash, ...rest } = labels;
  return { ...template, metadata: { ...template.metadata, labels: rest } };
}

/** JSON with its keys in order, so that equal values give equal text. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
