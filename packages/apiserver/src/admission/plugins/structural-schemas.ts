import { checkStructural, fieldError, statusErrors } from '@kubewright/api';
import type { FieldError } from '@kubewright/api';
import { isJsonObject } from '../../object/object-bytes.js';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.js';

/** The schemas of a CustomResourceDefinition must be structural: only then can objects be pruned and defaulted. */
export class StructuralSchemas implements AdmissionPlugin {
  readonly name = 'StructuralSchemas';

  validate({ operation, resource, subresource, object, name }: AdmissionRequest): void {
    if (
      operation === 'DELETE' ||
      subresource !== '' ||
      resource.plural !== 'customresourcedefinitions' ||
      resource.custom
    )
      return;
    const spec = object?.['spec'];
    if (!isJsonObject(spec) || !Array.isArray(spec['versions'])) return;
    const found: FieldError[] = [];
    if (spec['preserveUnknownFields'] === true)
      found.push(
        fieldError.invalid(
          'spec.preserveUnknownFields',
          true,
          'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
        ),
      );
    spec['versions'].forEach((version, index) => {
      const schema =
        isJsonObject(version) && isJsonObject(version['schema']) ? version['schema']['openAPIV3Schema'] : undefined;
      if (isJsonObject(schema))
        found.push(...checkStructural(schema, `spec.versions[${index}].schema.openAPIV3Schema`));
    });
    if (found.length > 0) throw statusErrors.invalid(resource, name, found);
  }
}
