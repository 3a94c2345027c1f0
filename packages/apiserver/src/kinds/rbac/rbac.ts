/** Roles and their bindings. */
import { checkDns1123Subdomain, checkPathSegmentName } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import type { FieldErrors } from '../fields/field-errors.js';
import { ensureObject, equal, objectAt, objectsAt, setDefault, stringsAt, textAt } from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';
import { validateLabelSelector } from '../validation/labels.js';

const group = 'rbac.authorization.k8s.io';

function role(kind: 'Role' | 'ClusterRole'): Behavior {
  return {
    group,
    version: 'v1',
    kind,
    nameFormat: 'pathSegment',
    allowCreateOnUpdate: true,
    validate(object, errors) {
      objectsAt(object, 'rules').forEach((rule, index) =>
        validateRule(rule, kind === 'Role', `rules[${index}]`, errors),
      );
      const selectors = objectsAt(objectAt(object, 'aggregationRule'), 'clusterRoleSelectors');
      if (objectAt(object, 'aggregationRule') && selectors.length === 0) {
        errors.required(
          'aggregationRule.clusterRoleSelectors',
          'at least one clusterRoleSelector required if aggregationRule is non-nil',
        );
      }
      selectors.forEach((selector, index) => {
        validateLabelSelector(selector, `aggregationRule.clusterRoleSelectors[${index}]`, errors);
      });
    },
  };
}

function validateRule(rule: JsonObject, namespaced: boolean, field: string, errors: FieldErrors): void {
  if (stringsAt(rule, 'verbs').length === 0) errors.required(`${field}.verbs`, 'verbs must contain at least one value');
  const paths = stringsAt(rule, 'nonResourceURLs');
  if (paths.length > 0) {
    if (namespaced)
      errors.invalid(`${field}.nonResourceURLs`, paths, 'namespaced rules cannot apply to non-resource URLs');
    if (['apiGroups', 'resources', 'resourceNames'].some((key) => stringsAt(rule, key).length > 0)) {
      errors.invalid(
        `${field}.nonResourceURLs`,
        paths,
        'rules cannot apply to both regular resources and non-resource URLs',
      );
    }
    return;
  }
  if (stringsAt(rule, 'apiGroups').length === 0)
    errors.required(`${field}.apiGroups`, 'resource rules must supply at least one api group');
  if (stringsAt(rule, 'resources').length === 0)
    errors.required(`${field}.resources`, 'resource rules must supply at least one resource');
}

function binding(kind: 'RoleBinding' | 'ClusterRoleBinding'): Behavior {
  const roles = kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  return {
    group,
    version: 'v1',
    kind,
    nameFormat: 'pathSegment',
    allowCreateOnUpdate: true,
    defaults(object) {
      setDefault(ensureObject(object, 'roleRef'), 'apiGroup', group);
      for (const subject of objectsAt(object, 'subjects')) {
        if (['User', 'Group'].includes(textAt(subject, 'kind'))) setDefault(subject, 'apiGroup', group);
      }
    },
    validate(object, errors) {
      const reference = objectAt(object, 'roleRef');
      errors.oneOf('roleRef.apiGroup', reference?.['apiGroup'], [group]);
      if (!roles.includes(textAt(reference, 'kind')))
        errors.notSupported('roleRef.kind', textAt(reference, 'kind'), roles);
      const name = textAt(reference, 'name');
      if (name === '') errors.required('roleRef.name');
      else errors.each('roleRef.name', name, checkPathSegmentName(name));
      objectsAt(object, 'subjects').forEach((subject, index) => {
        validateSubject(subject, kind === 'RoleBinding', `subjects[${index}]`, errors);
      });
    },
    validateUpdate(object, old, errors) {
      if (!equal(object['roleRef'], old['roleRef']))
        errors.invalid('roleRef', object['roleRef'], 'cannot change roleRef');
    },
  };
}

function validateSubject(subject: JsonObject, namespaced: boolean, field: string, errors: FieldErrors): void {
  const name = textAt(subject, 'name');
  if (name === '') errors.required(`${field}.name`);
  const kind = textAt(subject, 'kind');
  switch (kind) {
    case 'ServiceAccount':
      if (textAt(subject, 'apiGroup') !== '') errors.notSupported(`${field}.apiGroup`, subject['apiGroup'], ['']);
      if (name !== '') errors.each(`${field}.name`, name, checkDns1123Subdomain(name));
      if (!namespaced && textAt(subject, 'namespace') === '') errors.required(`${field}.namespace`);
      break;
    case 'User':
    case 'Group':
      if (textAt(subject, 'apiGroup') !== group) errors.notSupported(`${field}.apiGroup`, subject['apiGroup'], [group]);
      break;
    default:
      errors.notSupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group']);
  }
}

export const rbacKinds: readonly Behavior[] = [
  role('Role'),
  role('ClusterRole'),
  binding('RoleBinding'),
  binding('ClusterRoleBinding'),
];
