/** What must hold for the containers of a pod. */
import { checkDns1123Label, checkEnvironmentName, checkPortName } from '@kubewright/api';
import type { JsonObject, MutableJson } from '@kubewright/api';
import type { FieldErrors } from '../fields/field-errors.js';
import { has, objectAt, objectsAt, present, scalarText, textAt } from '../fields/fields.js';
import { portNumber } from '../validation/formats.js';
import { validateResourceRequirements } from '../validation/quantities.js';
import { validateLifecycleHandler, validateProbe } from './probe-validation.js';

const protocols = ['SCTP', 'TCP', 'UDP'];
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const messagePolicies = ['FallbackToLogsOnError', 'File'];

/** What the containers of one pod share while they are checked. */
interface PodView {
  readonly volumes: ReadonlySet<string>;
  readonly hostNetwork: boolean;
  readonly names: Set<string>;
  readonly hostPorts: Set<string>;
}

/** @param volumes - the names of the pod's volumes, which mounts must be among. */
export function validateContainers(
  spec: JsonObject,
  field: string,
  volumes: ReadonlySet<string>,
  errors: FieldErrors,
): void {
  const view = {
    volumes,
    hostNetwork: spec['hostNetwork'] === true,
    names: new Set<string>(),
    hostPorts: new Set<string>(),
  };
  const containers = objectsAt(spec, 'containers');
  if (containers.length === 0) errors.required(`${field}.containers`);
  containers.forEach((container, index) => {
    validateContainer(container, `${field}.containers[${index}]`, view, errors);
    const policy = container['restartPolicy'];
    if (has(container, 'restartPolicy'))
      errors.oneOf(`${field}.containers[${index}].restartPolicy`, policy, ['Always', 'Never', 'OnFailure']);
  });
  objectsAt(spec, 'initContainers').forEach((container, index) => {
    const at = `${field}.initContainers[${index}]`;
    validateContainer(container, at, { ...view, hostPorts: new Set() }, errors);
    if (textAt(container, 'restartPolicy') === 'Always') return;
    for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle']) {
      if (has(container, probe))
        errors.forbidden(`${at}.${probe}`, 'may not be set for init containers without restartPolicy=Always');
    }
  });
  objectsAt(spec, 'ephemeralContainers').forEach((container, index) => {
    const at = `${field}.ephemeralContainers[${index}]`;
    validateContainer(container, at, view, errors);
    for (const key of ['ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle']) {
      if (has(container, key)) errors.forbidden(`${at}.${key}`, 'field not allowed in ephemeral containers');
    }
    const target = textAt(container, 'targetContainerName');
    if (target !== '' && !view.names.has(target)) errors.notFound(`${at}.targetContainerName`, target);
  });
}

function validateContainer(container: JsonObject, field: string, view: PodView, errors: FieldErrors): void {
  const name = textAt(container, 'name');
  if (name === '') errors.required(`${field}.name`);
  else errors.each(`${field}.name`, name, checkDns1123Label(name));
  if (view.names.has(name) && name !== '') errors.duplicate(`${field}.name`, name);
  view.names.add(name);
  const image = textAt(container, 'image');
  if (image === '') errors.required(`${field}.image`);
  else if (image.trim() !== image)
    errors.invalid(`${field}.image`, image, 'must not have leading or trailing whitespace');
  errors.oneOf(`${field}.imagePullPolicy`, container['imagePullPolicy'], pullPolicies);
  errors.oneOf(`${field}.terminationMessagePolicy`, container['terminationMessagePolicy'], messagePolicies);
  validatePorts(container, `${field}.ports`, view, errors);
  validateEnvironment(container, field, errors);
  validateMounts(container, field, view.volumes, errors);
  validateResourceRequirements(objectAt(container, 'resources'), `${field}.resources`, errors);
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    validateProbe(objectAt(container, probe), `${field}.${probe}`, probe, errors);
  }
  for (const hook of ['postStart', 'preStop']) {
    const handler = objectAt(container, 'lifecycle', hook);
    if (handler) validateLifecycleHandler(handler, `${field}.lifecycle.${hook}`, errors);
  }
  const context = objectAt(container, 'securityContext');
  if (context?.['privileged'] === true && context['allowPrivilegeEscalation'] === false) {
    errors.invalid(
      `${field}.securityContext`,
      context,
      'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
    );
  }
  if (typeof context?.['runAsUser'] === 'number' && context['runAsUser'] < 0) {
    errors.invalid(
      `${field}.securityContext.runAsUser`,
      context['runAsUser'],
      'must be between 0 and 2147483647, inclusive',
    );
  }
}

function validatePorts(container: JsonObject, field: string, view: PodView, errors: FieldErrors): void {
  const names = new Set<string>();
  objectsAt(container, 'ports').forEach((port, index) => {
    const at = `${field}[${index}]`;
    const name = textAt(port, 'name');
    if (name !== '') {
      const wrong = checkPortName(name);
      errors.each(`${at}.name`, name, wrong);
      if (wrong.length === 0 && names.has(name)) errors.duplicate(`${at}.name`, name);
      names.add(name);
    }
    const number = port['containerPort'];
    if (number === undefined || number === 0) errors.required(`${at}.containerPort`);
    else errors.each(`${at}.containerPort`, number, portNumber(number));
    errors.oneOf(`${at}.protocol`, port['protocol'], protocols);
    validateHostPort(port, at, view, errors);
  });
}

function validateHostPort(port: JsonObject, field: string, view: PodView, errors: FieldErrors): void {
  const host = port['hostPort'];
  if (host === undefined || host === 0) return;
  errors.each(`${field}.hostPort`, host, portNumber(host));
  if (view.hostNetwork && host !== port['containerPort']) {
    errors.invalid(`${field}.hostPort`, host, 'must match `containerPort` when `hostNetwork` is true');
  }
  const key = `${textAt(port, 'protocol')}/${textAt(port, 'hostIP')}/${scalarText(host)}`;
  if (view.hostPorts.has(key)) errors.duplicate(`${field}.hostPort`, key);
  view.hostPorts.add(key);
}

function validateEnvironment(container: JsonObject, field: string, errors: FieldErrors): void {
  objectsAt(container, 'env').forEach((variable, index) => {
    const at = `${field}.env[${index}]`;
    const name = textAt(variable, 'name');
    if (name === '') errors.required(`${at}.name`);
    else errors.each(`${at}.name`, name, checkEnvironmentName(name));
    const source = objectAt(variable, 'valueFrom');
    if (source) validateValueFrom(source, present(variable, 'value'), `${at}.valueFrom`, errors);
  });
  objectsAt(container, 'envFrom').forEach((source, index) => {
    const at = `${field}.envFrom[${index}]`;
    const references = ['configMapRef', 'secretRef'].filter((key) => has(source, key));
    if (references.length === 0) errors.invalid(at, '', 'must specify one of: `configMapRef` or `secretRef`');
    if (references.length > 1) errors.invalid(at, '', 'may not have more than one field specified at a time');
    for (const key of references) {
      if (textAt(objectAt(source, key), 'name') === '') errors.required(`${at}.${key}.name`);
    }
  });
}

const valueSources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];

function validateValueFrom(source: JsonObject, hasValue: boolean, field: string, errors: FieldErrors): void {
  const given = valueSources.filter((key) => has(source, key));
  if (given.length === 0) {
    errors.invalid(
      field,
      '',
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
    );
  } else if (hasValue) errors.invalid(field, '', 'may not be specified when `value` is not empty');
  else if (given.length > 1) errors.invalid(field, '', 'may not have more than one field specified at a time');
  for (const key of ['configMapKeyRef', 'secretKeyRef']) {
    const reference = objectAt(source, key);
    if (!reference) continue;
    for (const part of ['name', 'key']) if (textAt(reference, part) === '') errors.required(`${field}.${key}.${part}`);
  }
  const path = objectAt(source, 'fieldRef');
  if (path && textAt(path, 'fieldPath') === '') errors.required(`${field}.fieldRef.fieldPath`);
}

function validateMounts(container: JsonObject, field: string, volumes: ReadonlySet<string>, errors: FieldErrors): void {
  const paths = new Set<MutableJson>();
  objectsAt(container, 'volumeMounts').forEach((mount, index) => {
    const at = `${field}.volumeMounts[${index}]`;
    const name = textAt(mount, 'name');
    if (name === '') errors.required(`${at}.name`);
    if (!volumes.has(name)) errors.notFound(`${at}.name`, name);
    const path = textAt(mount, 'mountPath');
    if (path === '') errors.required(`${at}.mountPath`);
    if (paths.has(path)) errors.invalid(`${at}.mountPath`, path, 'must be unique');
    paths.add(path);
    const inside = textAt(mount, 'subPath');
    if (inside.startsWith('/')) errors.invalid(`${at}.subPath`, inside, 'must be a relative path');
    if (inside.split('/').includes('..')) errors.invalid(`${at}.subPath`, inside, "must not contain '..'");
    if (inside !== '' && textAt(mount, 'subPathExpr') !== '') {
      errors.invalid(
        `${at}.subPathExpr`,
        textAt(mount, 'subPathExpr'),
        'subPathExpr and subPath are mutually exclusive',
      );
    }
  });
  objectsAt(container, 'volumeDevices').forEach((device, index) => {
    const at = `${field}.volumeDevices[${index}]`;
    const name = textAt(device, 'name');
    if (name === '') errors.required(`${at}.name`);
    else if (!volumes.has(name)) errors.notFound(`${at}.name`, name);
    if (textAt(device, 'devicePath') === '') errors.required(`${at}.devicePath`);
  });
}
