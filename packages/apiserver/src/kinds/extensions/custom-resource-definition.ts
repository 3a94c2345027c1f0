/** CustomResourceDefinitions as objects: names, versions, conversion. What their schemas mean is told elsewhere. */
import { checkDns1035Label, checkDns1123Subdomain } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import { ensureObject, equal, has, objectAt, objectsAt, setDefault, stringsAt, textAt } from '../fields/fields.js';
import type { FieldErrors } from '../fields/field-errors.js';
import { JsonPath } from '../../tables/json-path.js';
import type { Behavior } from '../strategy/behavior.js';

export const customResourceDefinition: Behavior = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  generation: ['spec'],
  allowUnconditionalUpdate: false,
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    const names = ensureObject(spec, 'names');
    const kind = textAt(names, 'kind');
    if (kind !== '') {
      setDefault(names, 'singular', kind.toLowerCase());
      setDefault(names, 'listKind', `${kind}List`);
    }
    const conversion = ensureObject(spec, 'conversion');
    setDefault(conversion, 'strategy', 'None');
    const service = objectAt(conversion, 'webhook', 'clientConfig', 'service');
    if (service && !has(service, 'port')) service['port'] = 443;
    for (const version of objectsAt(spec, 'versions')) {
      for (const column of objectsAt(version, 'additionalPrinterColumns')) {
        if (column['priority'] === 0) delete column['priority'];
      }
    }
  },
  create(object) {
    object['status'] = {
      conditions: [],
      acceptedNames: { plural: '', kind: '' },
      storedVersions: storageVersions(object),
    };
  },
  update(object, old) {
    // A version that becomes the one stored joins those ever stored, in the same write.
    const status = ensureObject(object, 'status');
    const stored = stringsAt(objectAt(old, 'status'), 'storedVersions');
    object['status'] = { ...status, storedVersions: [...new Set([...stored, ...storageVersions(object)])] };
  },
  validate(object, errors) {
    validateNames(object, errors);
    validateVersions(specOf(object), errors);
  },
  validateUpdate(object, old, errors) {
    const established = objectsAt(objectAt(old, 'status'), 'conditions').some(
      (condition) => condition['type'] === 'Established' && condition['status'] === 'True',
    );
    const [spec, before] = [specOf(object), specOf(old)];
    const immutable = (
      field: string,
      value: JsonObject[string] | undefined,
      former: JsonObject[string] | undefined,
    ): void => {
      if (!equal(value, former)) errors.invalid(field, value, 'field is immutable');
    };
    if (established) {
      immutable('spec.scope', spec['scope'], before['scope']);
      immutable('spec.names.kind', objectAt(spec, 'names')?.['kind'], objectAt(before, 'names')?.['kind']);
    }
    immutable('spec.group', spec['group'], before['group']);
    immutable('spec.names.plural', objectAt(spec, 'names')?.['plural'], objectAt(before, 'names')?.['plural']);
    const versions = new Set(objectsAt(spec, 'versions').map((version) => textAt(version, 'name')));
    stringsAt(objectAt(old, 'status'), 'storedVersions').forEach((version, index) => {
      if (versions.has(version)) return;
      errors.invalid(
        `status.storedVersions[${index}]`,
        version,
        'missing from spec.versions; ' +
          version +
          ' was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ' +
          version +
          ' and removes ' +
          version +
          ' from status.storedVersions',
      );
    });
  },
};

function storageVersions(object: JsonObject): string[] {
  const versions = objectsAt(objectAt(object, 'spec'), 'versions');
  return versions.filter((version) => version['storage'] === true).map((version) => textAt(version, 'name'));
}

function validateNames(object: JsonObject, errors: FieldErrors): void {
  const spec = specOf(object);
  const [group, names] = [textAt(spec, 'group'), objectAt(spec, 'names') ?? {}];
  if (group === '') errors.required('spec.group');
  else {
    errors.each('spec.group', group, checkDns1123Subdomain(group));
    if (!group.includes('.')) errors.invalid('spec.group', group, 'should be a domain with at least one dot');
  }
  const plural = textAt(names, 'plural');
  const name = textAt(objectAt(object, 'metadata'), 'name');
  if (name !== `${plural}.${group}`) errors.invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group');
  errors.oneOf('spec.scope', spec['scope'], ['Cluster', 'Namespaced']);
  for (const key of ['plural', 'singular', 'kind', 'listKind']) {
    const value = textAt(names, key);
    if (value === '') errors.required(`spec.names.${key}`);
    else {
      for (const message of checkDns1035Label(key.endsWith('ind') ? value.toLowerCase() : value)) {
        errors.invalid(
          `spec.names.${key}`,
          value,
          key.endsWith('ind') ? `may have mixed case, but should otherwise match: ${message}` : message,
        );
      }
    }
  }
  if (textAt(names, 'kind') !== '' && names['kind'] === names['listKind']) {
    errors.invalid('spec.names.listKind', names['listKind'], 'kind and listKind may not be the same');
  }
  stringsAt(names, 'shortNames').forEach((short, index) =>
    errors.each(`spec.names.shortNames[${index}]`, short, checkDns1035Label(short)),
  );
  stringsAt(names, 'categories').forEach((word, index) =>
    errors.each(`spec.names.categories[${index}]`, word, checkDns1035Label(word)),
  );
}

function validateVersions(spec: JsonObject, errors: FieldErrors): void {
  const versions = objectsAt(spec, 'versions');
  const seen = new Set<string>();
  versions.forEach((version, index) => {
    const at = `spec.versions[${index}]`;
    const name = textAt(version, 'name');
    errors.each(`${at}.name`, name, checkDns1035Label(name));
    if (seen.has(name))
      errors.invalid(
        'spec.versions',
        versions.map((item) => textAt(item, 'name')).join(','),
        'must contain unique version names',
      );
    seen.add(name);
    if (!objectAt(version, 'schema', 'openAPIV3Schema'))
      errors.required(`${at}.schema.openAPIV3Schema`, 'schemas are required');
    objectsAt(version, 'additionalPrinterColumns').forEach((column, position) => {
      const where = `${at}.additionalPrinterColumns[${position}]`;
      if (textAt(column, 'name') === '') errors.required(`${where}.name`);
      errors.oneOf(`${where}.type`, column['type'], ['boolean', 'date', 'integer', 'number', 'string']);
      const path = textAt(column, 'jsonPath');
      if (path === '') errors.required(`${where}.jsonPath`);
      else if (!JsonPath.parse(path)) errors.invalid(`${where}.jsonPath`, path, 'is an invalid path expression');
    });
    const scale = objectAt(version, 'subresources', 'scale');
    if (scale) {
      for (const key of ['specReplicasPath', 'statusReplicasPath']) {
        const path = textAt(scale, key);
        const root = key.startsWith('spec') ? '.spec.' : '.status.';
        if (path === '') errors.required(`${at}.subresources.scale.${key}`);
        else if (!path.startsWith(root))
          errors.invalid(`${at}.subresources.scale.${key}`, path, `should be a json path under ${root.slice(0, -1)}`);
      }
    }
  });
  const stored = versions.filter((version) => version['storage'] === true).length;
  if (stored !== 1)
    errors.invalid(
      'spec.versions',
      versions.map((item) => textAt(item, 'name')),
      'must have exactly one version marked as storage version',
    );
  const conversion = objectAt(spec, 'conversion');
  errors.oneOf('spec.conversion.strategy', conversion?.['strategy'], ['None', 'Webhook'], true);
  if (textAt(conversion, 'strategy') === 'Webhook' && !has(conversion, 'webhook')) {
    errors.required('spec.conversion.webhook', 'required when strategy is set to "Webhook"');
  }
}
