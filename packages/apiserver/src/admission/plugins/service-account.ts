import { statusErrors } from '@kubewright/api';
import { Plugin, inject } from '@kubewright/core';
import { ObjectReader } from '../../store/object-reader.js';
import { groupResource } from '../../store/write-request.js';
import { AdmissionPlugin } from '../admission.js';
import type { AdmissionRequest } from '../admission.js';
import { newPodSpec } from './pods.js';

/** Every pod runs under a service account that exists, and pulls its images with that account's secrets. */
@Plugin({ name: 'service-account-admission', contributes: [AdmissionPlugin] })
export class ServiceAccountAdmission implements AdmissionPlugin {
  readonly name = 'ServiceAccount';
  readonly #objects: ObjectReader;

  constructor(@inject(ObjectReader) objects: ObjectReader) {
    this.#objects = objects;
  }

  mutate(request: AdmissionRequest): void {
    const spec = newPodSpec(request);
    if (spec === undefined) return;
    const given = spec['serviceAccountName'] ?? spec['serviceAccount'];
    const account = typeof given === 'string' && given !== '' ? given : 'default';
    spec['serviceAccountName'] = account;
    spec['serviceAccount'] = account;
    const found = this.#objects.get('', 'serviceaccounts', request.namespace, account);
    if (found === undefined) {
      const why = `error looking up service account ${request.namespace}/${account}: serviceaccount "${account}" not found`;
      throw statusErrors.forbidden(groupResource(request.resource), request.name, why);
    }
    const { imagePullSecrets } = found;
    if (!Array.isArray(spec['imagePullSecrets']) && Array.isArray(imagePullSecrets))
      spec['imagePullSecrets'] = imagePullSecrets;
  }
}
