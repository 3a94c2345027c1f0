import { statusErrors } from '@kubewright/api';
import type { StatusError } from '@kubewright/api';
import type { FieldSet } from './field-set.js';
import { managerKey } from './managed-fields.js';
import type { ManagerIdentity } from './managed-fields.js';
import { formatPath } from './path-element.js';

/** Fields that another manager owns with another value. */
export interface Conflict {
  readonly owner: ManagerIdentity;
  readonly fields: FieldSet;
}

/** The 409 that names every conflicting field and its owner, as kubectl prints and parses it. */
export function conflictError(conflicts: readonly Conflict[]): StatusError {
  const sorted = conflicts.toSorted((a, b) => (managerKey(a.owner) < managerKey(b.owner) ? -1 : 1));
  const groups = sorted.map(({ owner, fields }) => ({
    owner: describeOwner(owner),
    paths: [...fields.paths()].map(formatPath),
  }));
  const causes = groups.flatMap(({ owner, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${owner}`, field })),
  );
  const [only] = causes;
  const message =
    causes.length === 1 && only !== undefined
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${groups
          .map(({ owner, paths }) => [`conflicts with ${owner}:`, ...paths.map((path) => `- ${path}`)].join('\n'))
          .join('\n')}`;
  return statusErrors.applyConflict(causes, message);
}

function describeOwner({ manager, operation, apiVersion, subresource }: ManagerIdentity): string {
  const name = JSON.stringify(manager) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
