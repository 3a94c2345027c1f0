/** Rows of what runs pods. */
import type { Json, JsonObject } from '@kubewright/api';
import { numberAt, objectAt, objectsAt, scalarText, textAt } from '../kinds/fields/fields.js';
import {
  ageColumn,
  column,
  count,
  integer,
  labelText,
  nameColumn,
  printer,
  selectorText,
  text,
  textOr,
  wide,
} from './columns.js';
import { age, humanDuration } from './duration.js';

const containersOf = (template: readonly string[], key: string) => (object: JsonObject) =>
  objectsAt(objectAt(object, ...template), 'containers')
    .map((container) => textAt(container, key))
    .join(',');
const templateSpec = ['spec', 'template', 'spec'];
const containers = wide('Containers', containersOf(templateSpec, 'name'), {
  description: 'The names of the containers.',
});
const images = wide('Images', containersOf(templateSpec, 'image'), { description: 'The images of the containers.' });
const selector = wide('Selector', (object) => selectorText(objectAt(object, 'spec')?.['selector']), {
  description: 'What selects the pods.',
});

/** `2/3`: replicas that are ready, of those wanted. */
const ready = column(
  'Ready',
  (object) =>
    `${numberAt(objectAt(object, 'status'), 'readyReplicas') ?? 0}/${numberAt(objectAt(object, 'spec'), 'replicas') ?? 0}`,
  { description: 'Replicas that are ready, of those wanted.' },
);

export const deploymentPrinter = printer(
  nameColumn,
  ready,
  column('Up-to-date', count('status', 'updatedReplicas'), integer),
  column('Available', count('status', 'availableReplicas'), integer),
  ageColumn,
  containers,
  images,
  selector,
);

export const replicaSetPrinter = printer(
  nameColumn,
  column('Desired', count('spec', 'replicas'), integer),
  column('Current', count('status', 'replicas'), integer),
  column('Ready', count('status', 'readyReplicas'), integer),
  ageColumn,
  containers,
  images,
  selector,
);

export const replicationControllerPrinter = printer(
  nameColumn,
  column('Desired', count('spec', 'replicas'), integer),
  column('Current', count('status', 'replicas'), integer),
  column('Ready', count('status', 'readyReplicas'), integer),
  ageColumn,
  containers,
  images,
  wide('Selector', (object) => labelText(objectAt(object, 'spec')?.['selector'])),
);

export const statefulSetPrinter = printer(nameColumn, ready, ageColumn, containers, images);

export const daemonSetPrinter = printer(
  nameColumn,
  column('Desired', count('status', 'desiredNumberScheduled'), integer),
  column('Current', count('status', 'currentNumberScheduled'), integer),
  column('Ready', count('status', 'numberReady'), integer),
  column('Up-to-date', count('status', 'updatedNumberScheduled'), integer),
  column('Available', count('status', 'numberAvailable'), integer),
  column('Node Selector', (object) => labelText(objectAt(object, ...templateSpec)?.['nodeSelector'])),
  ageColumn,
  containers,
  images,
  selector,
);

function jobStatus(object: JsonObject): string {
  const conditions = objectsAt(objectAt(object, 'status'), 'conditions').filter((item) => item['status'] === 'True');
  const holds = (type: string): boolean => conditions.some((condition) => condition['type'] === type);
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (textAt(objectAt(object, 'metadata'), 'deletionTimestamp') !== '') return 'Terminating';
  if (holds('Suspended')) return 'Suspended';
  if (holds('FailureTarget')) return 'FailureTarget';
  return holds('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function completions(object: JsonObject): string {
  const spec = objectAt(object, 'spec');
  const done = numberAt(objectAt(object, 'status'), 'succeeded') ?? 0;
  const wanted = numberAt(spec, 'completions');
  if (wanted !== undefined) return `${done}/${wanted}`;
  const parallelism = numberAt(spec, 'parallelism') ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function jobDuration(object: JsonObject, now: number): Json {
  const status = objectAt(object, 'status');
  const start = textAt(status, 'startTime');
  if (start === '') return '';
  const end = textAt(status, 'completionTime');
  return humanDuration((end === '' ? now : Date.parse(end)) - Date.parse(start));
}

export const jobPrinter = printer(
  nameColumn,
  column('Status', jobStatus, { description: 'What became of the job.' }),
  column('Completions', completions, { description: 'Pods that succeeded, of those wanted.' }),
  column('Duration', jobDuration, { description: 'How long the job ran, or has run so far.' }),
  ageColumn,
  containers,
  images,
  selector,
);

const cronTemplate = ['spec', 'jobTemplate', 'spec', 'template', 'spec'];

export const cronJobPrinter = printer(
  nameColumn,
  column('Schedule', text('spec', 'schedule')),
  column('Timezone', textOr('<none>', 'spec', 'timeZone')),
  column('Suspend', (object) => (objectAt(object, 'spec')?.['suspend'] === true ? 'True' : 'False'), {
    type: 'boolean',
  }),
  column('Active', (object) => objectsAt(objectAt(object, 'status'), 'active').length, integer),
  column('Last Schedule', (object, now) => {
    const last = textAt(objectAt(object, 'status'), 'lastScheduleTime');
    return last === '' ? '<none>' : age(last, now);
  }),
  ageColumn,
  wide('Containers', containersOf(cronTemplate, 'name')),
  wide('Images', containersOf(cronTemplate, 'image')),
  wide('Selector', (object) => selectorText(objectAt(object, 'spec', 'jobTemplate', 'spec')?.['selector'])),
);

export const podTemplatePrinter = printer(
  nameColumn,
  column('Containers', containersOf(['template', 'spec'], 'name')),
  column('Images', containersOf(['template', 'spec'], 'image')),
  column('Pod Labels', (object) => labelText(objectAt(object, 'template', 'metadata')?.['labels'])),
);

export const controllerRevisionPrinter = printer(
  nameColumn,
  column('Controller', (object) => {
    const owner = objectsAt(objectAt(object, 'metadata'), 'ownerReferences').find(
      (item) => item['controller'] === true,
    );
    if (!owner) return '<none>';
    const [group, kind] = [textAt(owner, 'apiVersion').split('/'), textAt(owner, 'kind').toLowerCase()];
    return `${group.length > 1 ? `${kind}.${group[0] ?? ''}` : kind}/${textAt(owner, 'name')}`;
  }),
  column('Revision', (object) => numberAt(object, 'revision') ?? 0, integer),
  ageColumn,
);

function metricText(metric: JsonObject, current: JsonObject | undefined): string {
  const type = textAt(metric, 'type');
  const field = `${(type[0] ?? '').toLowerCase()}${type.slice(1)}`;
  const [source, now] = [objectAt(metric, field), objectAt(current, field, 'current')];
  const target = objectAt(source, 'target');
  const name = type === 'Resource' ? `${textAt(source, 'name')}: ` : '';
  const utilization = numberAt(target, 'averageUtilization');
  if (utilization !== undefined) {
    const used = numberAt(now, 'averageUtilization');
    return `${name}${used === undefined ? '<unknown>' : `${used}%`}/${utilization}%`;
  }
  const average = textAt(target, 'averageValue');
  if (average !== '')
    return `${name}${textAt(now, 'averageValue') || '<unknown>'}/${average}${type === 'Resource' || type === 'Pods' ? '' : ' (avg)'}`;
  return `${name}${textAt(now, 'value') || '<unknown>'}/${textAt(target, 'value')}`;
}

function targets(object: JsonObject): string {
  const metrics = objectsAt(objectAt(object, 'spec'), 'metrics');
  const current = objectsAt(objectAt(object, 'status'), 'currentMetrics');
  const simple = numberAt(objectAt(object, 'spec'), 'targetCPUUtilizationPercentage');
  if (metrics.length === 0 && simple !== undefined) {
    const used = numberAt(objectAt(object, 'status'), 'currentCPUUtilizationPercentage');
    return `cpu: ${used === undefined ? '<unknown>' : `${used}%`}/${simple}%`;
  }
  if (metrics.length === 0) return '<none>';
  const shown = metrics.slice(0, 2).map((metric, index) => metricText(metric, current[index]));
  return metrics.length > 2 ? `${shown.join(', ')} + ${metrics.length - 2} more...` : shown.join(', ');
}

export const autoscalerPrinter = printer(
  nameColumn,
  column('Reference', (object) => {
    const target = objectAt(object, 'spec', 'scaleTargetRef');
    return `${textAt(target, 'kind')}/${textAt(target, 'name')}`;
  }),
  column('Targets', targets),
  column('MinPods', (object) => String(numberAt(objectAt(object, 'spec'), 'minReplicas') ?? '<unset>')),
  column('MaxPods', (object) => String(numberAt(objectAt(object, 'spec'), 'maxReplicas') ?? 0)),
  column('Replicas', (object) => String(numberAt(objectAt(object, 'status'), 'currentReplicas') ?? 0)),
  ageColumn,
);

const amount = (key: string) => (object: JsonObject) => {
  const value = objectAt(object, 'spec')?.[key];
  return value === undefined ? 'N/A' : scalarText(value);
};

export const disruptionBudgetPrinter = printer(
  nameColumn,
  column('Min Available', amount('minAvailable')),
  column('Max Unavailable', amount('maxUnavailable')),
  column('Allowed Disruptions', count('status', 'disruptionsAllowed'), integer),
  ageColumn,
);
