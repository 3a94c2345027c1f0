/** Jobs and CronJobs. */
import type { JsonObject } from '@kubewright/api';
import { defaultPodTemplate } from '../core/pod-defaults.js';
import { validatePodTemplate } from '../core/pod-validation.js';
import type { FieldErrors } from '../fields/field-errors.js';
import {
  ensureObject,
  equal,
  has,
  isObject,
  objectAt,
  objectsAt,
  present,
  scalarText,
  setDefault,
  textAt,
  without,
} from '../fields/fields.js';
import type { Behavior } from '../strategy/behavior.js';
import { specOf } from '../../object/object-bytes.js';
import { defaultNumber } from '../apps/workload.js';
import { isEmptySelector, selectorMatches, validateLabelSelector } from '../validation/labels.js';
import { scheduleError } from './schedule.js';

const noBackoffLimit = 2_147_483_647;
/** A CronJob's name leaves room for the eleven characters that its jobs' names add. */
const maximumCronJobName = 52;

export const job: Behavior = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  generation: ['spec'],
  selectable: { 'status.successful': (object) => scalarText(objectAt(object, 'status')?.['succeeded'] ?? 0) },
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    defaultJobSpec(spec);
    const metadata = ensureObject(object, 'metadata');
    const labels = objectAt(spec, 'template', 'metadata')?.['labels'];
    if (!has(metadata, 'labels') && isObject(labels) && Object.keys(labels).length > 0)
      metadata['labels'] = { ...labels };
  },
  create: selectByUid,
  validate(object, errors) {
    const spec = specOf(object);
    validateJobSpec(spec, 'spec', errors);
    const selector = spec['selector'];
    if (!isObject(selector)) errors.required('spec.selector');
    else {
      validateLabelSelector(selector, 'spec.selector', errors);
      const labels = objectAt(spec, 'template', 'metadata')?.['labels'];
      if (isEmptySelector(selector) || !selectorMatches(selector, labels)) {
        errors.invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`');
      }
    }
  },
  validateUpdate: validateJobUpdate,
};

function defaultJobSpec(spec: JsonObject): void {
  if (!has(spec, 'completions') && !has(spec, 'parallelism')) spec['completions'] = 1;
  defaultNumber(spec, 'parallelism', 1);
  defaultNumber(spec, 'backoffLimit', has(spec, 'backoffLimitPerIndex') ? noBackoffLimit : 6);
  setDefault(spec, 'completionMode', 'NonIndexed');
  if (!has(spec, 'suspend')) spec['suspend'] = false;
  setDefault(spec, 'podReplacementPolicy', has(spec, 'podFailurePolicy') ? 'Failed' : 'TerminatingOrFailed');
  for (const rule of objectsAt(objectAt(spec, 'podFailurePolicy'), 'rules')) {
    for (const condition of objectsAt(rule, 'onPodConditions')) setDefault(condition, 'status', 'True');
  }
  defaultPodTemplate(ensureObject(spec, 'template'));
}

/** Without a selector of its own, a job selects its pods by its uid, which its template's labels then carry. */
function selectByUid(object: JsonObject): void {
  const [spec, metadata] = [ensureObject(object, 'spec'), ensureObject(object, 'metadata')];
  const [uid, name] = [textAt(metadata, 'uid'), textAt(metadata, 'name')];
  if (spec['manualSelector'] === true || uid === '') return;
  const labels = ensureObject(ensureObject(ensureObject(spec, 'template'), 'metadata'), 'labels');
  for (const prefix of ['', 'batch.kubernetes.io/']) {
    setDefault(labels, `${prefix}controller-uid`, uid);
    setDefault(labels, `${prefix}job-name`, name);
  }
  const selector = ensureObject(spec, 'selector');
  setDefault(ensureObject(selector, 'matchLabels'), 'batch.kubernetes.io/controller-uid', uid);
}

function validateJobSpec(spec: JsonObject, field: string, errors: FieldErrors): void {
  for (const key of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ]) {
    errors.nonNegative(`${field}.${key}`, spec[key]);
  }
  const mode = textAt(spec, 'completionMode');
  if (mode !== 'NonIndexed' && mode !== 'Indexed')
    errors.notSupported(`${field}.completionMode`, mode, ['NonIndexed', 'Indexed']);
  if (mode === 'Indexed' && !has(spec, 'completions')) {
    errors.required(`${field}.completions`, 'when completion mode is Indexed');
  }
  if (mode === 'NonIndexed' && has(spec, 'backoffLimitPerIndex')) {
    errors.invalid(`${field}.backoffLimitPerIndex`, spec['backoffLimitPerIndex'], 'requires indexed completion mode');
  }
  errors.oneOf(`${field}.podReplacementPolicy`, spec['podReplacementPolicy'], ['Failed', 'TerminatingOrFailed'], true);
  const template = objectAt(spec, 'template') ?? {};
  const restart = textAt(objectAt(template, 'spec'), 'restartPolicy');
  const at = `${field}.template.spec.restartPolicy`;
  if (restart === '' || restart === 'Always') errors.required(at, 'valid values: "OnFailure", "Never"');
  if (has(spec, 'podFailurePolicy') && restart !== 'Never') {
    errors.invalid(at, restart, 'only "Never" is supported when podFailurePolicy is specified');
  }
  validatePodTemplate(template, `${field}.template`, errors);
  objectsAt(objectAt(spec, 'podFailurePolicy'), 'rules').forEach((rule, index) => {
    const where = `${field}.podFailurePolicy.rules[${index}]`;
    errors.oneOf(`${where}.action`, rule['action'], ['Count', 'FailIndex', 'FailJob', 'Ignore']);
    if (!has(rule, 'onExitCodes') && objectsAt(rule, 'onPodConditions').length === 0) {
      errors.invalid(where, '', 'specifying one of OnExitCodes and OnPodConditions is required');
    }
  });
}

function validateJobUpdate(object: JsonObject, old: JsonObject, errors: FieldErrors): void {
  const [spec, before] = [specOf(object), specOf(old)];
  const indexedResize = textAt(spec, 'completionMode') === 'Indexed' && equal(spec['completions'], spec['parallelism']);
  for (const key of [
    'completions',
    'selector',
    'podFailurePolicy',
    'completionMode',
    'backoffLimitPerIndex',
    'managedBy',
    'successPolicy',
  ]) {
    if (key === 'completions' && indexedResize) continue;
    if (key === 'managedBy' && before['suspend'] === true) continue;
    if (!equal(spec[key], before[key])) errors.invalid(`spec.${key}`, spec[key], 'field is immutable');
  }
  const waiting = before['suspend'] === true && !present(objectAt(old, 'status'), 'startTime');
  const [template, former] = [schedulable(spec, waiting), schedulable(before, waiting)];
  if (!equal(template, former)) errors.invalid('spec.template', spec['template'], 'field is immutable');
}

/** The template without what may change while the job is suspended and has never run. */
function schedulable(spec: JsonObject, waiting: boolean): JsonObject {
  const template = objectAt(spec, 'template') ?? {};
  if (!waiting) return template;
  const pod: JsonObject = { ...objectAt(template, 'spec') };
  for (const key of ['nodeSelector', 'tolerations', 'schedulingGates', 'affinity']) delete pod[key];
  for (const list of ['containers', 'initContainers']) {
    if (has(pod, list)) pod[list] = objectsAt(pod, list).map((container) => without(container, 'resources'));
  }
  return { spec: pod };
}

export const cronJob: Behavior = {
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  generation: ['spec'],
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    setDefault(spec, 'concurrencyPolicy', 'Allow');
    if (!has(spec, 'suspend')) spec['suspend'] = false;
    defaultNumber(spec, 'successfulJobsHistoryLimit', 3);
    defaultNumber(spec, 'failedJobsHistoryLimit', 1);
    const jobSpec = ensureObject(ensureObject(spec, 'jobTemplate'), 'spec');
    defaultPodTemplate(ensureObject(jobSpec, 'template'));
  },
  validate(object, errors) {
    const spec = specOf(object);
    const schedule = textAt(spec, 'schedule');
    if (schedule === '') errors.required('spec.schedule');
    else {
      const error = scheduleError(schedule);
      if (error !== undefined) errors.invalid('spec.schedule', schedule, error);
      if (schedule.includes('TZ')) {
        errors.invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead');
      }
    }
    const zone = spec['timeZone'];
    if (typeof zone === 'string' && !isTimeZone(zone))
      errors.invalid('spec.timeZone', zone, `unknown time zone ${zone}`);
    for (const key of ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'])
      errors.nonNegative(`spec.${key}`, spec[key]);
    errors.oneOf('spec.concurrencyPolicy', spec['concurrencyPolicy'], ['Allow', 'Forbid', 'Replace']);
    const template = objectAt(spec, 'jobTemplate', 'spec') ?? {};
    validateJobSpec({ completionMode: 'NonIndexed', ...template }, 'spec.jobTemplate.spec', errors);
    if (template['manualSelector'] === true) {
      errors.notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']);
    }
    const name = textAt(objectAt(object, 'metadata'), 'name');
    if (name.length > maximumCronJobName) errors.invalid('metadata.name', name, 'must be no more than 52 characters');
  },
};

function isTimeZone(zone: string): boolean {
  if (zone === '' || zone.toLowerCase() === 'local') return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}
