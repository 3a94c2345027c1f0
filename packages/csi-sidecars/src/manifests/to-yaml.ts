import type { KubeObject } from '@kubewright/api';
import { stringify } from 'yaml';

/** Objects as a stream of YAML documents, for `kubectl apply -f -`. */
export function toYaml(objects: readonly KubeObject[]): string {
  return objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
}
