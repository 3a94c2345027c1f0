import { statusErrors } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import { Plugin, inject } from '@kubewright/core';
import { metaString } from '../../object/object-bytes.js';
import { ObjectReader } from '../../store/object-reader.js';
import { groupResource } from '../../store/write-request.js';
import { AdmissionPlugin } from '../admission.js';
import type { AdmissionRequest } from '../admission.js';
import { newPodSpec } from './pods.js';

/** Classes that exist whether or not somebody has created their objects. */
const systemPriorities: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** Turns the name of a pod's priority class into the number that the scheduler compares. */
@Plugin({ name: 'priority-admission', contributes: [AdmissionPlugin] })
export class PriorityAdmission implements AdmissionPlugin {
  readonly name = 'Priority';
  readonly #objects: ObjectReader;

  constructor(@inject(ObjectReader) objects: ObjectReader) {
    this.#objects = objects;
  }

  mutate(request: AdmissionRequest): void {
    const spec = newPodSpec(request);
    if (spec === undefined) return;
    const { priorityClassName, priority } = spec;
    const refuse = (why: string): never => {
      throw statusErrors.forbidden(groupResource(request.resource), request.name, why);
    };
    const named = typeof priorityClassName === 'string' && priorityClassName !== '' ? priorityClassName : undefined;
    const found = named === undefined ? this.#default() : this.#named(named);
    if (found === undefined) return refuse(`no PriorityClass with name ${named} was found`);
    if (typeof priority === 'number' && priority !== found.value)
      refuse(
        `the integer value of priority (${priority}) must not be provided in pod spec; priority admission controller computed ${found.value} from the given PriorityClass name`,
      );
    spec['priority'] = found.value;
    if (found.name !== '') spec['priorityClassName'] = found.name;
    spec['preemptionPolicy'] ??= found.preemptionPolicy;
  }

  #named(name: string): PriorityOfClass | undefined {
    const object = this.#objects.get('scheduling.k8s.io', 'priorityclasses', '', name);
    if (object !== undefined) return read(object);
    const value = systemPriorities[name];
    return value === undefined ? undefined : { name, value, preemptionPolicy: 'PreemptLowerPriority' };
  }

  /** Of several defaults the lowest is taken, which disturbs the others least. */
  #default(): PriorityOfClass {
    const none = { name: '', value: 0, preemptionPolicy: 'PreemptLowerPriority' };
    const defaults = [...this.#objects.list('scheduling.k8s.io', 'priorityclasses')].filter(
      (each) => each['globalDefault'] === true,
    );
    return defaults.map(read).sort((a, b) => a.value - b.value)[0] ?? none;
  }
}

interface PriorityOfClass {
  readonly name: string;
  readonly value: number;
  readonly preemptionPolicy: string;
}

function read(object: JsonObject): PriorityOfClass {
  const { value, preemptionPolicy } = object;
  return {
    name: metaString(object, 'name') ?? '',
    value: typeof value === 'number' ? value : 0,
    preemptionPolicy: typeof preemptionPolicy === 'string' ? preemptionPolicy : 'PreemptLowerPriority',
  };
}
