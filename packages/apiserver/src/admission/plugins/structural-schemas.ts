import { checkStructural, compilePattern, fieldError, statusErrors } from '@kubewright/api';
import type { FieldError, JsonObject, MutableJson } from '@kubewright/api';
import { Plugin } from '@kubewright/core';
import { nextTurn } from '@kubewright/core/async';
import { isJsonObject } from '../../object/object-bytes.js';
import { AdmissionPlugin } from '../admission.js';
import type { AdmissionRequest } from '../admission.js';

/** The schemas of a CustomResourceDefinition must be structural: only then can objects be pruned and defaulted. */
@Plugin({ name: 'structural-schemas-admission', contributes: [AdmissionPlugin] })
export class StructuralSchemasAdmission implements AdmissionPlugin {
  readonly name = 'StructuralSchemas';

  async validate({ operation, resource, subresource, object, name, signal }: AdmissionRequest): Promise<void> {
    if (
      operation === 'DELETE' ||
      subresource !== '' ||
      resource.plural !== 'customresourcedefinitions' ||
      resource.custom
    )
      return;
    const spec = object?.['spec'];
    if (!isJsonObject(spec) || !Array.isArray(spec['versions'])) return;
    const excess = await compilePatterns(spec, signal);
    if (excess !== undefined) throw statusErrors.invalid(resource, name, [excess]);
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

/** More characters of patterns than this in one definition would fill the server's memory with their programs. */
const maximumPatternText = 256 * 1024;
/** And so would more steps than this, however few characters stand for them; all of them take less than a second to compile. */
const maximumPatternSteps = 128 * 1024;

/** Compiles what the checks will look up, and lets others have their turn: a definition may bring thousands of patterns. */
async function compilePatterns(spec: JsonObject, signal: AbortSignal): Promise<FieldError | undefined> {
  const patterns = new Set<string>();
  collectPatterns(spec, patterns);
  let length = 0;
  for (const pattern of patterns) length += pattern.length;
  if (length > maximumPatternText) {
    const detail = `all patterns together have ${length} characters, and may have ${maximumPatternText}`;
    return fieldError.forbidden('spec.versions', detail);
  }
  let steps = 0;
  for (const text of patterns) {
    const pattern = compilePattern(text);
    if (!(pattern instanceof Error)) steps += pattern.size;
    if (steps > maximumPatternSteps)
      return fieldError.forbidden(
        'spec.versions',
        `all patterns together may take ${maximumPatternSteps} steps per character`,
      );
    await nextTurn();
    signal.throwIfAborted();
  }
  return undefined;
}

function collectPatterns(value: MutableJson, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    if (key === 'pattern' && typeof child === 'string') found.add(child);
    else collectPatterns(child, found);
  }
}
