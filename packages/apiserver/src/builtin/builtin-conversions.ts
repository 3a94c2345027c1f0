/** The two built-in kinds that are served under two names: events of both groups, and autoscalers v1 and v2. */
import type { GroupVersionKind, JsonObject, MutableJson } from '@kubewright/api';
import { isJsonObject, metadataOf } from '../object/object-bytes.js';
import { parseJsonText } from '../object/parse-json.js';
import type { Conversion } from '../registry/served-resource.js';

interface BuiltinConversion {
  /** The group under which the objects are stored. */
  readonly storedGroup: string;
  readonly storedVersion: string;
  readonly conversion: Conversion;
}

/** How a version is stored, where it is not stored as it is. */
export function builtinConversion({ group, version, kind }: GroupVersionKind): BuiltinConversion | undefined {
  if (group === 'events.k8s.io' && kind === 'Event')
    return { storedGroup: '', storedVersion: 'v1', conversion: events };
  if (group === 'autoscaling' && version === 'v1' && kind === 'HorizontalPodAutoscaler')
    return { storedGroup: 'autoscaling', storedVersion: 'v2', conversion: autoscalers };
  return undefined;
}

/** Names of fields in `v1` and in `events.k8s.io/v1`. */
const eventFields = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
] as const;

const events: Conversion = {
  toStored: (object) => rename(object, 'v1', new Map(eventFields.map(([stored, served]) => [served, stored]))),
  fromStored: (object) => rename(object, 'events.k8s.io/v1', new Map(eventFields)),
};

function rename(object: JsonObject, apiVersion: string, names: ReadonlyMap<string, string>): JsonObject {
  const renamed = Object.entries(object).map(([name, value]) => [names.get(name) ?? name, value] as const);
  return { ...Object.fromEntries(renamed), apiVersion };
}

const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics';
const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior';

/** Version 1 has a field for the CPU's use; what it cannot say goes into annotations, so that nothing is lost on the way. */
const autoscalers: Conversion = {
  toStored(object) {
    const { targetCPUUtilizationPercentage: cpu, ...spec } = inner(object, 'spec');
    const { currentCPUUtilizationPercentage: used, ...status } = inner(object, 'status');
    const annotations = inner(metadataOf(object), 'annotations');
    const metrics: MutableJson[] =
      cpu === undefined ? [] : [cpuMetric('target', { averageUtilization: cpu, type: 'Utilization' })];
    const others = parsed(annotations[metricsAnnotation]);
    if (Array.isArray(others)) metrics.push(...others);
    if (metrics.length > 0) spec['metrics'] = metrics;
    const behavior = parsed(annotations[behaviorAnnotation]);
    if (isJsonObject(behavior)) spec['behavior'] = behavior;
    if (used !== undefined) status['currentMetrics'] = [cpuMetric('current', { averageUtilization: used })];
    return assemble(object, 'autoscaling/v2', spec, status, [metricsAnnotation, behaviorAnnotation], {});
  },

  fromStored(object) {
    const { metrics, behavior, ...spec } = inner(object, 'spec');
    const { currentMetrics, conditions: _, ...status } = inner(object, 'status');
    const [cpu, others] = splitCpu(metrics, 'target');
    const [used] = splitCpu(currentMetrics, 'current');
    if (cpu !== undefined) spec['targetCPUUtilizationPercentage'] = cpu;
    if (used !== undefined) status['currentCPUUtilizationPercentage'] = used;
    return assemble(object, 'autoscaling/v1', spec, status, [], {
      ...(others.length > 0 ? { [metricsAnnotation]: JSON.stringify(others) } : {}),
      ...(behavior !== undefined ? { [behaviorAnnotation]: JSON.stringify(behavior) } : {}),
    });
  },
};

function assemble(
  object: JsonObject,
  apiVersion: string,
  spec: JsonObject,
  status: JsonObject,
  dropped: readonly string[],
  added: Record<string, string>,
): JsonObject {
  const { annotations: _, ...metadata } = metadataOf(object);
  const annotations: JsonObject = { ...inner(metadataOf(object), 'annotations'), ...added };
  for (const name of dropped) delete annotations[name];
  return {
    ...object,
    apiVersion,
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
    spec,
    ...(Object.keys(status).length > 0 || object['status'] !== undefined ? { status } : {}),
  };
}

function cpuMetric(side: 'target' | 'current', value: JsonObject): JsonObject {
  return { type: 'Resource', resource: { name: 'cpu', [side]: value } };
}

/** The CPU's utilization of the first metric that is one, and the other metrics. */
function splitCpu(
  metrics: MutableJson | undefined,
  side: 'target' | 'current',
): [MutableJson | undefined, MutableJson[]] {
  const list = Array.isArray(metrics) ? metrics : [];
  const at = list.findIndex((metric) => {
    const resource = isJsonObject(metric) ? metric['resource'] : undefined;
    return (
      isJsonObject(resource) && resource['name'] === 'cpu' && inner(resource, side)['averageUtilization'] !== undefined
    );
  });
  const found = list[at];
  if (!isJsonObject(found)) return [undefined, list];
  const resource = inner(found, 'resource');
  return [inner(resource, side)['averageUtilization'], list.toSpliced(at, 1)];
}

function inner(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? { ...value } : {};
}

function parsed(text: MutableJson | undefined): MutableJson | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return parseJsonText(text);
  } catch {
    return undefined;
  }
}
