/** Configurations of admission webhooks and admission policies. */
import { checkDns1123Subdomain } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { specOf } from '../../object/object-bytes.js';
import type { FieldErrors } from '../fields/field-errors.js';
import { ensureObject, has, objectAt, objectsAt, setDefault, stringsAt, textAt } from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';
import { validateLabelSelector } from '../validation/labels.js';

const group = 'admissionregistration.k8s.io';
const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

function webhooks(kind: 'MutatingWebhookConfiguration' | 'ValidatingWebhookConfiguration'): Behavior {
  return {
    group,
    version: 'v1',
    kind,
    generation: ['webhooks'],
    allowUnconditionalUpdate: false,
    defaults(object) {
      for (const webhook of objectsAt(object, 'webhooks')) {
        setDefault(webhook, 'failurePolicy', 'Fail');
        setDefault(webhook, 'matchPolicy', 'Equivalent');
        ensureObject(webhook, 'namespaceSelector');
        ensureObject(webhook, 'objectSelector');
        if (!has(webhook, 'timeoutSeconds')) webhook['timeoutSeconds'] = 10;
        if (kind === 'MutatingWebhookConfiguration') setDefault(webhook, 'reinvocationPolicy', 'Never');
        const service = objectAt(webhook, 'clientConfig', 'service');
        if (service && !has(service, 'port')) service['port'] = 443;
        for (const rule of objectsAt(webhook, 'rules')) setDefault(rule, 'scope', '*');
      }
    },
    validate(object, errors) {
      const names = new Set<string>();
      objectsAt(object, 'webhooks').forEach((webhook, index) => {
        const at = `webhooks[${index}]`;
        const name = textAt(webhook, 'name');
        if (names.has(name)) errors.duplicate(`${at}.name`, name);
        names.add(name);
        validateWebhook(webhook, at, errors);
      });
    },
  };
}

function validateWebhook(webhook: JsonObject, field: string, errors: FieldErrors): void {
  const name = textAt(webhook, 'name');
  if (name === '') errors.required(`${field}.name`);
  else {
    errors.each(`${field}.name`, name, checkDns1123Subdomain(name));
    if (name.split('.').length < 3)
      errors.invalid(`${field}.name`, name, 'should be a domain with at least three segments separated by dots');
  }
  const versions = stringsAt(webhook, 'admissionReviewVersions');
  if (versions.length === 0) errors.required(`${field}.admissionReviewVersions`, 'must specify one of v1, v1beta1');
  else if (!versions.some((version) => version === 'v1' || version === 'v1beta1')) {
    errors.invalid(`${field}.admissionReviewVersions`, versions, 'must include at least one of v1, v1beta1');
  }
  errors.oneOf(`${field}.sideEffects`, webhook['sideEffects'], ['None', 'NoneOnDryRun']);
  errors.oneOf(`${field}.failurePolicy`, webhook['failurePolicy'], ['Fail', 'Ignore']);
  errors.oneOf(`${field}.matchPolicy`, webhook['matchPolicy'], ['Equivalent', 'Exact']);
  const timeout = webhook['timeoutSeconds'];
  if (typeof timeout === 'number' && (timeout < 1 || timeout > 30)) {
    errors.invalid(`${field}.timeoutSeconds`, timeout, 'the timeout value must be between 1 and 30 seconds');
  }
  validateLabelSelector(webhook['namespaceSelector'], `${field}.namespaceSelector`, errors);
  validateLabelSelector(webhook['objectSelector'], `${field}.objectSelector`, errors);
  const client = objectAt(webhook, 'clientConfig') ?? {};
  if (has(client, 'url') === has(client, 'service'))
    errors.required(`${field}.clientConfig`, 'exactly one of url or service is required');
  objectsAt(webhook, 'rules').forEach((rule, index) => validateRule(rule, `${field}.rules[${index}]`, errors));
  const seen = new Set<string>();
  objectsAt(webhook, 'matchConditions').forEach((condition, index) => {
    const at = `${field}.matchConditions[${index}]`;
    const label = textAt(condition, 'name');
    if (label === '') errors.required(`${at}.name`);
    if (seen.has(label)) errors.duplicate(`${at}.name`, label);
    seen.add(label);
    if (textAt(condition, 'expression').trim() === '') errors.required(`${at}.expression`);
  });
}

function validateRule(rule: JsonObject, field: string, errors: FieldErrors): void {
  const listed = stringsAt(rule, 'operations');
  if (listed.length === 0) errors.required(`${field}.operations`);
  listed.forEach((operation, index) => errors.oneOf(`${field}.operations[${index}]`, operation, operations));
  for (const key of ['apiGroups', 'apiVersions', 'resources']) {
    const values = stringsAt(rule, key);
    if (values.length === 0) errors.required(`${field}.${key}`);
    if (key !== 'resources' && values.length > 1 && values.includes('*')) {
      errors.invalid(
        `${field}.${key}`,
        values,
        "if '*' is present, must not specify other " + (key === 'apiGroups' ? 'API groups' : 'API versions'),
      );
    }
  }
  errors.oneOf(`${field}.scope`, rule['scope'], ['*', 'Cluster', 'Namespaced'], true);
}

function policy(kind: 'ValidatingAdmissionPolicy' | 'MutatingAdmissionPolicy'): Behavior {
  return {
    group,
    version: 'v1',
    kind,
    generation: ['spec'],
    allowUnconditionalUpdate: false,
    defaults(object) {
      const spec = ensureObject(object, 'spec');
      setDefault(spec, 'failurePolicy', 'Fail');
      const constraints = objectAt(spec, 'matchConstraints');
      if (constraints) defaultMatch(constraints);
    },
    validate(object, errors) {
      const spec = specOf(object);
      errors.oneOf('spec.failurePolicy', spec['failurePolicy'], ['Fail', 'Ignore']);
      const constraints = objectAt(spec, 'matchConstraints');
      if (!constraints) errors.required('spec.matchConstraints');
      else if (objectsAt(constraints, 'resourceRules').length === 0)
        errors.required('spec.matchConstraints.resourceRules');
      objectsAt(constraints, 'resourceRules').forEach((rule, index) => {
        validateRule(rule, `spec.matchConstraints.resourceRules[${index}]`, errors);
      });
      const work = kind === 'ValidatingAdmissionPolicy' ? ['validations', 'auditAnnotations'] : ['mutations'];
      if (work.every((key) => objectsAt(spec, key).length === 0)) {
        errors.required(`spec.${work[0]}`, work.length > 1 ? 'validations or auditAnnotations must be non-empty' : '');
      }
      objectsAt(spec, 'validations').forEach((validation, index) => {
        if (textAt(validation, 'expression').trim() === '')
          errors.required(`spec.validations[${index}].expression`, 'expression is not specified');
      });
    },
  };
}

function defaultMatch(match: JsonObject): void {
  setDefault(match, 'matchPolicy', 'Equivalent');
  ensureObject(match, 'namespaceSelector');
  ensureObject(match, 'objectSelector');
  for (const key of ['resourceRules', 'excludeResourceRules']) {
    for (const rule of objectsAt(match, key)) setDefault(rule, 'scope', '*');
  }
}

function binding(kind: 'ValidatingAdmissionPolicyBinding' | 'MutatingAdmissionPolicyBinding'): Behavior {
  return {
    group,
    version: 'v1',
    kind,
    generation: ['spec'],
    allowUnconditionalUpdate: false,
    defaults(object) {
      const match = objectAt(object, 'spec', 'matchResources');
      if (match) defaultMatch(match);
    },
    validate(object, errors) {
      const spec = specOf(object);
      if (textAt(spec, 'policyName') === '') errors.required('spec.policyName');
      if (kind === 'MutatingAdmissionPolicyBinding') return;
      const actions = stringsAt(spec, 'validationActions');
      if (actions.length === 0) errors.required('spec.validationActions', 'at least one validation action is required');
      actions.forEach((action, index) =>
        errors.oneOf(`spec.validationActions[${index}]`, action, ['Audit', 'Deny', 'Warn']),
      );
      if (actions.includes('Deny') && actions.includes('Warn')) {
        errors.invalid(
          'spec.validationActions',
          actions,
          'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
        );
      }
    },
  };
}

export const admissionKinds: readonly Behavior[] = [
  webhooks('MutatingWebhookConfiguration'),
  webhooks('ValidatingWebhookConfiguration'),
  policy('ValidatingAdmissionPolicy'),
  policy('MutatingAdmissionPolicy'),
  binding('ValidatingAdmissionPolicyBinding'),
  binding('MutatingAdmissionPolicyBinding'),
];
