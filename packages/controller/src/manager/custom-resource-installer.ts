/** Brings the custom resources of a host's controllers to the cluster before the controllers start. */
import type { KubeObject } from '@kubewright/api';
import { StatusError } from '@kubewright/api';
import { CustomResourceDefinition } from '@kubewright/api/apiextensions/v1';
import type { Logger } from '@kubewright/core';
import type { Client } from '@kubewright/informer';
import { validatorRules } from '../custom-resource/class-schema.js';
import { customResourceOf } from '../custom-resource/custom-resource.js';
import type { CustomResourceDescription, Resource } from '../custom-resource/custom-resource.js';
import { customResourceDefinition } from '../custom-resource/custom-resource-definition.js';
import { controllerErrors } from '../errors/controller-errors.js';
import { fieldConflictOf } from '../objects/field-conflict.js';

/** The custom resource classes among resources, each once. */
export function customResourcesAmong(resources: Iterable<Resource>): CustomResourceDescription[] {
  const found = [...new Set(resources)].map((resource) =>
    typeof resource === 'function' ? customResourceOf(resource) : undefined,
  );
  return found.filter((description) => description !== undefined);
}

/**
 * Applies the definitions and resolves when the server serves them. A class whose schema cannot be derived is an error. A
 * right that is missing is none, nor is a definition that somebody else keeps in another form: it is left as it is.
 */
export async function installCustomResources(
  descriptions: readonly CustomResourceDescription[],
  client: Client,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  if (descriptions.length === 0) return;
  const rulesOf = await validatorRules();
  const definitions = descriptions.map((description) => customResourceDefinition(description, rulesOf));
  await Promise.all(
    definitions.map(async (definition) => {
      const { name = '' } = definition.metadata;
      try {
        await client
          .apply(CustomResourceDefinition, { ...definition, metadata: { name } }, { signal })
          .catch((error: unknown) => {
            const fields = fieldConflictOf(error);
            if (fields === undefined) throw error;
            logger.warn('a CustomResourceDefinition is kept by somebody else and differs from the class: it stays', {
              definition: name,
              fields,
            });
          });
        await established(name, client, signal);
      } catch (error) {
        if (!StatusError.is(error) || error.reason !== 'Forbidden') throw error;
        logger.warn('no right to install a CustomResourceDefinition: it must be there already', {
          definition: name,
          error,
        });
      }
    }),
  );
}

async function established(name: string, client: Client, signal: AbortSignal): Promise<void> {
  const conditionOf = (definition: KubeObject, type: string): { status: string; message?: string } | undefined =>
    (definition as CustomResourceDefinition).status?.conditions?.find((condition) => condition.type === type);
  for await (const { object, type } of client.watch(CustomResourceDefinition, {
    fieldSelector: `metadata.name=${name}`,
    signal,
  })) {
    if (type === 'BOOKMARK') continue;
    if (type === 'DELETED') throw controllerErrors.NOT_ESTABLISHED({ definition: name, reason: 'it was deleted' });
    if (conditionOf(object, 'Established')?.status === 'True') return;
    const names = conditionOf(object, 'NamesAccepted');
    if (names?.status === 'False')
      throw controllerErrors.NOT_ESTABLISHED({ definition: name, reason: names.message ?? 'its names are taken' });
  }
  throw controllerErrors.NOT_ESTABLISHED({ definition: name, reason: 'the watch ended' });
}
