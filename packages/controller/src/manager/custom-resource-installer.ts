/**
 * Brings the custom resources of a host's controllers to the cluster before the controllers start. Every copy of a program does
 * it, whoever leads: a copy is ready only when its kinds are served, and a rollout waits for a new copy before the old one goes.
 * Applying is idempotent, so copies of one version do not meet; of two versions the one that started last has its way.
 */
import { StatusError, isAlreadyExists, isConflict } from '@kubewright/api';
import type { KubeObject } from '@kubewright/api';
import { CustomResourceDefinition } from '@kubewright/api/apiextensions/v1';
import { Clock, HealthCheck, Logger, Plugin, inject, multiInject, optional } from '@kubewright/core';
import type { HealthStatus, Lifecycle, StartContext } from '@kubewright/core';
import type { Client } from '@kubewright/informer';
import { Cluster } from '../cluster/cluster.js';
import { validatorRules } from '../custom-resource/class-schema.js';
import { customResourceOf } from '../custom-resource/custom-resource.js';
import type { CustomResourceDescription, Resource } from '../custom-resource/custom-resource.js';
import { customResourceDefinition } from '../custom-resource/custom-resource-definition.js';
import { ControllerExtension } from '../decorators/controller.js';
import { watchedResources } from '../decorators/watched-resources.js';
import { controllerErrors } from '../errors/controller-errors.js';
import { fieldConflictOf } from '../objects/field-conflict.js';
import type { Reconciler } from '../reconcile/reconciler.js';

/** Milliseconds that the start waits for definitions to be served, as envtest does; then the controllers of the others start. */
const patience = 10_000;
/** Copies that start at once may all find that a definition is missing; the server lets one create it. */
const attempts = 5;

@Plugin({ name: 'custom-resources', contributes: [HealthCheck] })
export class CustomResourceInstaller implements Lifecycle, HealthCheck {
  readonly name = 'custom-resources';
  /** Why a definition is not served, by its name. */
  readonly #problems = new Map<string, string>();
  #work: Promise<unknown> = Promise.resolve();

  constructor(
    @inject(Cluster) private readonly cluster: Cluster,
    @multiInject(ControllerExtension) @optional() private readonly reconcilers: readonly Reconciler<KubeObject>[],
    @inject(Clock) private readonly clock: Clock,
    @inject(Logger) private readonly logger: Logger,
  ) {}

  /**
   * Applies the definitions and resolves when the server serves them, or after ten seconds: readiness names then those that it
   * does not, and their controllers wait by themselves. A definition that somebody else keeps in another form is left as it is,
   * and a right that is missing is no error: it may be there already.
   *
   * @throws where a schema cannot be derived from its class, or the server cannot be asked
   */
  async start({ signal }: StartContext): Promise<void> {
    const resources = this.reconcilers.flatMap(({ constructor }) => watchedResources(constructor as new () => object));
    const descriptions = customResourcesAmong(resources);
    if (descriptions.length === 0) return;
    const rulesOf = await validatorRules();
    const definitions = descriptions.map((description) => customResourceDefinition(description, rulesOf));
    const client = this.cluster.client({ name: 'custom-resource-installer', needsLeader: false });
    const installed = Promise.all(definitions.map((definition) => this.#install(definition, client, signal)));
    this.#work = installed.catch(() => undefined);
    const patient = new AbortController();
    const waited = this.clock.sleep(patience, patient.signal).then(
      () => this.logger.warn('custom resources are not served yet', { reasons: [...this.#problems.values()] }),
      () => undefined,
    );
    await Promise.race([installed, waited]).finally(() => patient.abort());
  }

  async stop(): Promise<void> {
    await this.#work;
  }

  check(): Promise<HealthStatus> {
    const reasons = [...this.#problems.values()];
    return Promise.resolve(reasons.length === 0 ? { ok: true } : { ok: false, reason: reasons.join('; ') });
  }

  async #install(definition: CustomResourceDefinition, client: Client, signal: AbortSignal): Promise<void> {
    const { name = '' } = definition.metadata;
    this.#problems.set(name, `the CustomResourceDefinition ${name} is not served yet`);
    try {
      await this.#apply(name, definition, client, signal);
      await established(name, client, signal);
      this.#problems.delete(name);
    } catch (error) {
      if (controllerErrors.NOT_ESTABLISHED.is(error)) {
        this.#problems.set(name, error.message);
        this.logger.error('a custom resource is not served', { definition: name, error });
      } else {
        this.#problems.delete(name);
        if (!StatusError.is(error) || error.reason !== 'Forbidden') throw error;
        this.logger.warn('no right to install a CustomResourceDefinition: it must be there already', {
          definition: name,
          error,
        });
      }
    }
  }

  async #apply(name: string, definition: CustomResourceDefinition, client: Client, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await client.apply(CustomResourceDefinition, { ...definition, metadata: { name } }, { signal });
        return;
      } catch (error) {
        const fields = fieldConflictOf(error);
        if (fields !== undefined) {
          this.logger.warn('a CustomResourceDefinition is kept by somebody else and differs from the class: it stays', {
            definition: name,
            fields,
          });
          return;
        }
        if (attempt >= attempts || !(isConflict(error) || isAlreadyExists(error))) throw error;
      }
    }
  }
}

/** The custom resource classes among resources, each once. */
function customResourcesAmong(resources: Iterable<Resource>): CustomResourceDescription[] {
  const found = [...new Set(resources)].map((resource) =>
    typeof resource === 'function' ? customResourceOf(resource) : undefined,
  );
  return found.filter((description) => description !== undefined);
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
