import { statusErrors } from '@kubewright/api';
import type { ConfigMap } from '@kubewright/api/core/v1';
import { AdmissionPlugin } from '@kubewright/apiserver';
import type { AdmissionRequest } from '@kubewright/apiserver';
import { Plugin } from '@kubewright/core';

/** Refuses ConfigMaps without an owner. */
@Plugin({ name: 'owner-label', contributes: [AdmissionPlugin] })
export class OwnerLabel implements AdmissionPlugin {
  readonly name = 'OwnerLabel';

  validate({ operation, resource: { kind, group, plural }, name, object }: AdmissionRequest): void {
    const labels = (object as Partial<ConfigMap> | undefined)?.metadata?.labels ?? {};
    if (operation !== 'CREATE' || kind !== 'ConfigMap' || labels['owner'] !== undefined) return;
    throw statusErrors.forbidden({ group, resource: plural }, name, "it needs the label 'owner'");
  }
}
