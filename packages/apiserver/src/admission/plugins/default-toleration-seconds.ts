import type { MutableJson } from '@kubewright/api';
import { Plugin } from '@kubewright/core';
import { isJsonObject } from '../../object/object-bytes.js';
import { AdmissionPlugin } from '../admission.js';
import type { AdmissionRequest } from '../admission.js';
import { newPodSpec } from './pods.js';

/** A pod stays so long on a node that is not ready or not reachable, unless it says otherwise. */
const tolerationSeconds = 300;
const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

@Plugin({ name: 'default-toleration-seconds-admission', contributes: [AdmissionPlugin] })
export class DefaultTolerationSecondsAdmission implements AdmissionPlugin {
  readonly name = 'DefaultTolerationSeconds';

  mutate(request: AdmissionRequest): void {
    const spec = newPodSpec(request);
    if (spec === undefined) return;
    const tolerations = Array.isArray(spec['tolerations']) ? spec['tolerations'] : [];
    const added = taints
      .filter((key) => !tolerations.some((toleration) => tolerates(toleration, key)))
      .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds }));
    if (added.length > 0) spec['tolerations'] = [...tolerations, ...added];
  }
}

function tolerates(toleration: MutableJson, key: string): boolean {
  if (!isJsonObject(toleration)) return false;
  const { effect, key: tolerated } = toleration;
  const everyKey = tolerated === undefined || tolerated === '';
  return (everyKey || tolerated === key) && (effect === undefined || effect === '' || effect === 'NoExecute');
}
