/** The row of a pod: one word that sums up phase, conditions and the state of every container. */
import type { Json, JsonObject } from '@kubewright/api';
import { has, isObject, numberAt, objectAt, objectsAt, textAt } from '../kinds/fields/fields.js';
import { ageColumn, column, nameColumn, wide } from './columns.js';
import { age } from './duration.js';
import type { Printer } from './table.js';

interface Summary {
  readonly ready: string;
  readonly status: string;
  readonly restarts: string;
}

/** The reason that a node gives when it no longer knows its pods. */
const nodeLost = 'NodeLost';

function isRestartable(container: JsonObject | undefined): boolean {
  return textAt(container, 'restartPolicy') === 'Always';
}

class Restarts {
  count = 0;
  last: string | undefined;

  add(status: JsonObject): void {
    this.count += numberAt(status, 'restartCount') ?? 0;
    const finished = textAt(objectAt(status, 'lastState', 'terminated'), 'finishedAt');
    if (finished !== '' && (this.last === undefined || finished > this.last)) this.last = finished;
  }

  text(now: number): string {
    return this.last === undefined || this.count === 0
      ? String(this.count)
      : `${this.count} (${age(this.last, now)} ago)`;
  }
}

/** `Error`, `Signal:9` or `ExitCode:1` of a container that has ended. */
function endReason(terminated: JsonObject): string {
  const reason = textAt(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal') ?? 0;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}`;
}

/** What the init containers make of the status, or undefined once they are done. */
function initReason(container: JsonObject, restartable: boolean, index: number, total: number): string | undefined {
  const terminated = objectAt(container, 'state', 'terminated');
  if (terminated && (numberAt(terminated, 'exitCode') ?? 0) === 0) return undefined;
  if (restartable && container['started'] === true) return undefined;
  if (terminated) return `Init:${endReason(terminated)}`;
  const waiting = textAt(objectAt(container, 'state', 'waiting'), 'reason');
  return waiting !== '' && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${total}`;
}

function summarise(pod: JsonObject, now: number): Summary {
  const [spec, status] = [objectAt(pod, 'spec'), objectAt(pod, 'status')];
  const initContainers = new Map(
    objectsAt(spec, 'initContainers').map((container) => [textAt(container, 'name'), container]),
  );
  const sidecars = [...initContainers.values()].filter(isRestartable).length;
  const total = objectsAt(spec, 'containers').length + sidecars;
  let reason = textAt(status, 'reason') || textAt(status, 'phase');
  const scheduled = objectsAt(status, 'conditions').find((condition) => condition['type'] === 'PodScheduled');
  if (textAt(scheduled, 'reason') === 'SchedulingGated') reason = 'SchedulingGated';
  let ready = 0;
  let initializing = false;
  const restarts = new Restarts();
  const sidecarRestarts = new Restarts();
  for (const [index, container] of objectsAt(status, 'initContainerStatuses').entries()) {
    const restartable = isRestartable(initContainers.get(textAt(container, 'name')));
    restarts.add(container);
    if (restartable) {
      sidecarRestarts.add(container);
      if (container['ready'] === true) ready++;
    }
    if (initializing) continue;
    const word = initReason(container, restartable, index, initContainers.size);
    if (word === undefined) continue;
    reason = word;
    initializing = true;
  }
  const initialized = objectsAt(status, 'conditions').some(
    (item) => item['type'] === 'Initialized' && item['status'] === 'True',
  );
  let counted = restarts;
  if (!initializing || initialized) {
    counted = sidecarRestarts;
    let running = false;
    for (const container of objectsAt(status, 'containerStatuses').toReversed()) {
      counted.add(container);
      const waiting = textAt(objectAt(container, 'state', 'waiting'), 'reason');
      const terminated = objectAt(container, 'state', 'terminated');
      if (waiting !== '') reason = waiting;
      else if (terminated) reason = endReason(terminated);
      else if (container['ready'] === true && isObject(objectAt(container, 'state')?.['running'])) {
        running = true;
        ready++;
      }
    }
    if (reason === 'Completed' && running) reason = hasReadyCondition(status) ? 'Running' : 'NotReady';
  }
  if (has(objectAt(pod, 'metadata'), 'deletionTimestamp')) {
    const phase = textAt(status, 'phase');
    if (textAt(status, 'reason') === nodeLost) reason = 'Unknown';
    else if (phase !== 'Failed' && phase !== 'Succeeded') reason = 'Terminating';
  }
  return { ready: `${ready}/${total}`, status: reason, restarts: counted.text(now) };
}

function hasReadyCondition(status: JsonObject | undefined): boolean {
  return objectsAt(status, 'conditions').some(
    (condition) => condition['type'] === 'Ready' && condition['status'] === 'True',
  );
}

function readinessGates(pod: JsonObject): string {
  const gates = objectsAt(objectAt(pod, 'spec'), 'readinessGates').map((gate) => textAt(gate, 'conditionType'));
  if (gates.length === 0) return '<none>';
  const conditions = objectsAt(objectAt(pod, 'status'), 'conditions');
  const met = gates.filter((gate) => conditions.some((item) => item['type'] === gate && item['status'] === 'True'));
  return `${met.length}/${gates.length}`;
}

function podAddress(pod: JsonObject): string {
  const status = objectAt(pod, 'status');
  return textAt(objectsAt(status, 'podIPs')[0], 'ip') || textAt(status, 'podIP') || '<none>';
}

const blank = (): Json => '';
const definitions = [
  nameColumn,
  column('Ready', blank, { description: 'Containers that are ready, of all that should be.' }),
  column('Status', blank, { description: 'The state of the pod and its containers in one word.' }),
  column('Restarts', blank, { description: 'How often containers were started again, and when last.' }),
  ageColumn,
  wide('IP', blank, { description: 'The address of the pod.' }),
  wide('Node', blank, { description: 'The node that runs the pod.' }),
  wide('Nominated Node', blank, { description: 'The node where room is being made for the pod.' }),
  wide('Readiness Gates', blank, { description: 'Further conditions that hold, of those the pod waits for.' }),
].map(({ definition }) => definition);

export const podPrinter: Printer = {
  columns: definitions,
  cells(pod, now) {
    const { ready, status, restarts } = summarise(pod, now);
    return [
      nameColumn.value(pod, now),
      ready,
      status,
      restarts,
      ageColumn.value(pod, now),
      podAddress(pod),
      textAt(objectAt(pod, 'spec'), 'nodeName') || '<none>',
      textAt(objectAt(pod, 'status'), 'nominatedNodeName') || '<none>',
      readinessGates(pod),
    ];
  },
};
