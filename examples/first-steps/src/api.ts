import {
  LabelSelector,
  Quantity,
  compareResourceVersion,
  isControlledBy,
  setControllerReference,
} from '@kubewright/api';
import type { ReplicaSet } from '@kubewright/api/apps/v1';
import type { Pod } from '@kubewright/api/core/v1';

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'default', uid: '1', labels: { app: 'web' } },
};

export const selected = LabelSelector.parse('app in (web, api), !canary').matches(pod.metadata.labels);
export const isNewer = compareResourceVersion('10', '9') > 0; // text, never numbers
export const bytes = Quantity.parse('1.5Gi').value();

const set: ReplicaSet = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'web', uid: '2' } };
setControllerReference(pod, set);
export const isControlled = isControlledBy(pod, set);
