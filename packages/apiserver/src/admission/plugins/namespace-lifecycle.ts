import { statusErrors } from '@kubewright/api';
import { Plugin, inject } from '@kubewright/core';
import { metadataOf } from '../../object/object-bytes.js';
import { ObjectReader } from '../../store/object-reader.js';
import { groupResource } from '../../store/write-request.js';
import { AdmissionPlugin } from '../admission.js';
import type { AdmissionRequest } from '../admission.js';

const immortal = new Set(['default', 'kube-system', 'kube-public']);

/** Nothing is created in a namespace that does not exist or is being deleted, and the system's namespaces stay. */
@Plugin({ name: 'namespace-lifecycle-admission', contributes: [AdmissionPlugin] })
export class NamespaceLifecycleAdmission implements AdmissionPlugin {
  readonly name = 'NamespaceLifecycle';
  readonly #objects: ObjectReader;

  constructor(@inject(ObjectReader) objects: ObjectReader) {
    this.#objects = objects;
  }

  validate({ operation, resource, namespace, name }: AdmissionRequest): void {
    const isNamespace = resource.group === '' && resource.plural === 'namespaces';
    if (operation === 'DELETE' && isNamespace && immortal.has(name))
      throw statusErrors.forbidden(groupResource(resource), name, 'this namespace may not be deleted');
    if (operation !== 'CREATE' || resource.scope !== 'Namespaced') return;
    const found = this.#objects.get('', 'namespaces', '', namespace);
    if (found === undefined) throw statusErrors.notFound({ group: '', resource: 'namespaces' }, namespace);
    if (metadataOf(found)['deletionTimestamp'] !== undefined)
      throw statusErrors.namespaceTerminating(groupResource(resource), name, namespace);
  }
}
