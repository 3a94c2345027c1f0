/** Binding a pod to a node, and evicting one as far as its disruption budget allows. */
import { LabelSelector, StatusError, statusErrors } from '@kubewright/api';
import type { JsonObject, KubeObject } from '@kubewright/api';
import type { PodDisruptionBudget } from '@kubewright/api/policy/v1';
import { isJsonObject, metaString, metadataOf, shown, specOf, typed } from '../../object/object-bytes.js';
import type { ResourceRegistry } from '../../registry/resource-registry.js';
import { deleteObject, readDeleteOptions } from '../../store/deletion.js';
import type { DeletionServices } from '../../store/deletion.js';
import { timestamp } from '../../store/object-identity.js';
import type { ObjectReader } from '../../store/object-reader.js';
import type { ObjectStore } from '../../store/object-store.js';
import { PartStrategy } from '../../store/part-strategy.js';
import { groupResource } from '../../store/write-request.js';
import type { WriteRequest } from '../../store/write-request.js';

export interface PodSubresourceServices extends DeletionServices {
  readonly store: ObjectStore;
  readonly registry: ResourceRegistry;
  readonly objects: ObjectReader;
}

/**
 * Sets the node of a pod that has none.
 *
 * @throws 409 where it has one, is being deleted, or is another pod than the binding means.
 */
export async function bindPod(
  { store, clock }: PodSubresourceServices,
  request: WriteRequest,
  binding: JsonObject,
): Promise<void> {
  const { resource, name } = request;
  const target = isJsonObject(binding['target']) ? binding['target'] : {};
  const node = target['name'];
  if (typeof node !== 'string' || node === '')
    throw statusErrors.invalid({ group: '', kind: 'Binding' }, name, [
      { field: 'target.name', reason: 'FieldValueRequired', message: 'Required value' },
    ]);
  const conflict = (why: string): never => {
    throw statusErrors.conflict(groupResource(resource), name, why);
  };
  await store.update(request, {
    createIfAbsent: false,
    attempts: 20,
    strategy: new PartStrategy(resource.strategy, takeBinding),
    produce(live) {
      if (live === undefined) throw statusErrors.notFound(groupResource(resource), name);
      const pod = structuredClone(live);
      const spec = specOf(pod);
      const sent = isJsonObject(binding['metadata']) ? binding['metadata'] : {};
      if (typeof sent['uid'] === 'string' && sent['uid'] !== '' && sent['uid'] !== metadataOf(pod)['uid'])
        conflict(
          `Precondition failed: UID in precondition: ${sent['uid']}, UID in object meta: ${shown(metadataOf(pod)['uid'])}`,
        );
      if (metadataOf(pod)['deletionTimestamp'] !== undefined)
        conflict(`pod ${name} is being deleted, cannot be assigned to a host`);
      const current = spec['nodeName'];
      if (typeof current === 'string' && current !== '')
        conflict(`pod ${name} is already assigned to node ${JSON.stringify(current)}`);
      spec['nodeName'] = node;
      pod['spec'] = spec;
      const { annotations } = metadataOf(pod);
      if (isJsonObject(sent['annotations']))
        metadataOf(pod)['annotations'] = {
          ...(isJsonObject(annotations) ? annotations : {}),
          ...sent['annotations'],
        };
      markScheduled(pod, timestamp(clock));
      return pod;
    },
  });
}

/** What a binding changes of a pod; its metadata but for the annotations stays. */
function takeBinding(sent: JsonObject, next: JsonObject): void {
  const { annotations } = metadataOf(sent);
  if (annotations !== undefined) metadataOf(next)['annotations'] = annotations;
  for (const key of ['spec', 'status']) if (sent[key] !== undefined) next[key] = sent[key];
}

function markScheduled(pod: JsonObject, now: string): void {
  const status = isJsonObject(pod['status']) ? pod['status'] : {};
  const others = (Array.isArray(status['conditions']) ? status['conditions'] : []).filter(
    (condition) => !isJsonObject(condition) || condition['type'] !== 'PodScheduled',
  );
  status['conditions'] = [
    ...others,
    { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now },
  ];
  pod['status'] = status;
}

/**
 * Deletes a pod unless its disruption budget forbids that now.
 *
 * @throws 429 where the budget is used up or not computed yet, 500 where the pod has several budgets.
 */
export async function evictPod(
  services: PodSubresourceServices,
  request: WriteRequest,
  eviction: JsonObject,
): Promise<void> {
  const { store, objects } = services;
  const stored = await store.get(request.resource, request.namespace, request.name, request.signal);
  const pod = stored.parse();
  const options = readDeleteOptions(isJsonObject(eviction['deleteOptions']) ? eviction['deleteOptions'] : {});
  if (isGuarded(pod)) {
    const budgets = [...objects.list('policy', 'poddisruptionbudgets', request.namespace)].filter((budget) =>
      covers(budget, pod),
    );
    if (budgets.length > 1)
      throw statusErrors.internalError(
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      );
    const name = budgets[0] && metaString(budgets[0], 'name');
    if (name !== undefined) await spendBudget(services, request, name);
  }
  await deleteObject(store, services, request, options);
}

/** A pod that has not started, or has ended, is nobody's loss. */
function isGuarded(pod: JsonObject): boolean {
  const phase = isJsonObject(pod['status']) ? pod['status']['phase'] : undefined;
  return (
    phase !== 'Pending' &&
    phase !== 'Succeeded' &&
    phase !== 'Failed' &&
    metadataOf(pod)['deletionTimestamp'] === undefined
  );
}

function covers(budget: JsonObject, pod: JsonObject): boolean {
  const { selector } = typed<PodDisruptionBudget>(budget).spec ?? {};
  const { labels } = typed<KubeObject>(pod).metadata;
  try {
    return LabelSelector.from(selector).matches(labels);
  } catch {
    return false;
  }
}

async function spendBudget(
  { store, registry, clock }: PodSubresourceServices,
  request: WriteRequest,
  name: string,
): Promise<void> {
  const resource = registry.stored('policy', 'poddisruptionbudgets');
  if (resource === undefined) return;
  await store.update(
    { ...request, resource, name, subresource: 'status' },
    {
      strategy: resource.statusStrategy,
      createIfAbsent: false,
      attempts: 20,
      produce(live) {
        if (live === undefined) throw statusErrors.notFound(groupResource(resource), name);
        const budget = structuredClone(live);
        const status = isJsonObject(budget['status']) ? budget['status'] : {};
        const { observedGeneration = 0, disruptionsAllowed = 0 } = status;
        if (Number(observedGeneration) < Number(metadataOf(budget)['generation'] ?? 0))
          throw overBudget(`The disruption budget ${name} is still being processed by the server.`, 10);
        if (Number(disruptionsAllowed) <= 0)
          throw overBudget(
            `The disruption budget ${name} needs ${shown(status['desiredHealthy'] ?? 0)} healthy pods and has ${shown(status['currentHealthy'] ?? 0)} currently`,
          );
        const disrupted = isJsonObject(status['disruptedPods']) ? status['disruptedPods'] : {};
        budget['status'] = {
          ...status,
          disruptionsAllowed: Number(disruptionsAllowed) - 1,
          disruptedPods: { ...disrupted, [request.name]: timestamp(clock) },
        };
        return budget;
      },
    },
  );
}

function overBudget(message: string, retryAfterSeconds?: number): StatusError {
  return new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [{ reason: 'DisruptionBudget', message }],
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    },
  });
}
