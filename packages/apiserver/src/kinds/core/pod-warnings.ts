/** What is allowed in a pod but probably a mistake. */
import type { JsonObject } from '@kubewright/api';
import { numberAt, objectAt, objectsAt, textAt } from '../fields/fields.js';

/** Labels of nodes that were renamed, and their new names. */
const renamedLabels = new Map([
  ['beta.kubernetes.io/arch', 'kubernetes.io/arch'],
  ['beta.kubernetes.io/os', 'kubernetes.io/os'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
]);

export function podWarnings(spec: JsonObject, field: string): string[] {
  const warnings: string[] = [];
  for (const key of Object.keys(objectAt(spec, 'nodeSelector') ?? {})) {
    const now = renamedLabels.get(key);
    if (now !== undefined) warnings.push(`${field}.nodeSelector[${key}]: deprecated since v1.14; use "${now}" instead`);
  }
  for (const list of ['initContainers', 'containers']) {
    objectsAt(spec, list).forEach((container, index) => {
      const names = new Set<string>();
      objectsAt(container, 'env').forEach((variable, position) => {
        const name = textAt(variable, 'name');
        if (names.has(name)) {
          const at = `${field}.${list}[${index}].env[${position}]`;
          warnings.push(`${at}: hides previous definition of "${name}", which may be dropped when using apply`);
        }
        names.add(name);
      });
    });
  }
  if ((numberAt(spec, 'terminationGracePeriodSeconds') ?? 0) < 0) {
    warnings.push(
      `${field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`,
    );
  }
  return warnings;
}

/** The same for the template of a workload. */
export function templateWarnings(object: JsonObject): string[] {
  return podWarnings(objectAt(object, 'spec', 'template', 'spec') ?? {}, 'spec.template.spec');
}
