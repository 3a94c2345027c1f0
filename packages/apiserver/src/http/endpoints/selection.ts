import { FieldSelector, LabelSelector, apiErrors, statusErrors } from '@kubewright/api';
import type { FieldRequirement } from '@kubewright/api';
import type { CachedObject } from '../../cache/cached-object.js';
import type { Matcher } from '../../cache/matcher.js';
import { collectionPrefix, keyOf } from '../../registry/served-resource.js';
import type { ServedResource } from '../../registry/served-resource.js';

/**
 * What the selectors of a request pick.
 *
 * @param name - the object's name, where the path or a field selector gives it; empty for a collection.
 * @throws 400 for a selector that cannot be read, or names a field that this resource does not let be selected.
 */
export function selection(resource: ServedResource, namespace: string, name: string, query: URLSearchParams): Matcher {
  const labels = parse(() => LabelSelector.parse(query.get('labelSelector') ?? ''));
  const fields = parse(() => FieldSelector.parse(query.get('fieldSelector') ?? ''));
  checkFields(resource, fields);
  const exactName = name || fields.exact('metadata.name');
  const exactNamespace =
    namespace || (resource.scope === 'Namespaced' ? (fields.exact('metadata.namespace') ?? '') : '');
  const single = exactName !== undefined && exactName !== '' && (resource.scope === 'Cluster' || exactNamespace !== '');
  const prefix = single ? keyOf(resource, exactNamespace, exactName) : collectionPrefix(resource, exactNamespace);

  const tests: ((object: CachedObject) => boolean)[] = [];
  if (single) tests.push((object) => object.key === prefix);
  else if (name !== '') tests.push((object) => object.selectable.fields['metadata.name'] === name);
  if (!labels.selectsEverything) tests.push((object) => labels.matches(object.selectable.labels));
  const identity = new Map([
    ['metadata.name', exactName],
    ['metadata.namespace', exactNamespace],
  ]);
  const isIdentity = ({ operator, field, value }: FieldRequirement): boolean =>
    operator === '=' && identity.get(field) === value;
  const covered = single && fields.requirements.every(isIdentity);
  if (!fields.selectsEverything && !covered) tests.push((object) => fields.matches(object.selectable.fields));
  return { prefix, selects: tests.length === 0 ? undefined : (object) => tests.every((test) => test(object)) };
}

function checkFields(resource: ServedResource, fields: FieldSelector): void {
  for (const { field } of fields.requirements) {
    const known =
      field === 'metadata.name' ||
      (field === 'metadata.namespace' && resource.scope === 'Namespaced') ||
      resource.strategy.selectableFieldNames.includes(field);
    if (!known) throw statusErrors.badRequest(`field label not supported: ${field}`);
  }
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (apiErrors.LABEL_SELECTOR.is(error) || apiErrors.FIELD_SELECTOR.is(error))
      throw statusErrors.badRequest(`unable to parse requirement: ${error.details.reason}`);
    throw error;
  }
}
