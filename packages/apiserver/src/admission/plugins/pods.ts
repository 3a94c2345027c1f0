import type { JsonObject } from '@kubewright/api';
import { isJsonObject } from '../../object/object-bytes.js';
import type { AdmissionRequest } from '../admission.js';

/** The specification of a pod that is being created; undefined for every other request. */
export function newPodSpec({ operation, resource, subresource, object }: AdmissionRequest): JsonObject | undefined {
  if (operation !== 'CREATE' || subresource !== '' || resource.group !== '' || resource.plural !== 'pods')
    return undefined;
  const spec = object?.['spec'];
  return isJsonObject(spec) ? spec : undefined;
}
