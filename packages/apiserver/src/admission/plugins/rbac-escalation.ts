import { statusErrors } from '@kubewright/api';
import type { JsonObject, MutableJson } from '@kubewright/api';
import type { PolicyRule } from '@kubewright/api/rbac/v1';
import { deepEqual } from '@kubewright/api/json';
import type { Contributions } from '@kubewright/core';
import { Plugin, contributionsTo, inject } from '@kubewright/core';
import { Authorizer } from '../../auth/authorizer.js';
import { isJsonObject, metadataOf } from '../../object/object-bytes.js';
import { missingRules, ruleText } from '../../rbac/escalation.js';
import { RbacAuthorizer, RbacSource } from '../../rbac/rbac-authorizer.js';
import { groupResource } from '../../store/write-request.js';
import { AdmissionPlugin } from '../admission.js';
import type { AdmissionRequest } from '../admission.js';

const group = 'rbac.authorization.k8s.io';
const roles = new Set(['roles', 'clusterroles']);
const bindings = new Set(['rolebindings', 'clusterrolebindings']);

/** What an aggregation rule may come to grant: everything. */
const fullAuthority: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** What the garbage collector changes of an object so that it can go, and who has changed it. */
const housekeeping = ['finalizers', 'ownerReferences', 'managedFields'];

/**
 * Nobody gives rights that he does not have, unless he may `escalate` the role or `bind` it. Every change of a role or
 * binding counts, not only one of its rules: a label alone makes a role part of those that aggregate it.
 */
@Plugin({ name: 'rbac-escalation-admission', contributes: [AdmissionPlugin] })
export class RbacEscalationAdmission implements AdmissionPlugin {
  readonly name = 'RbacEscalation';
  readonly #rbac: RbacAuthorizer;
  readonly #source: RbacSource;
  readonly #authorizers: Contributions<Authorizer>;

  /** @param authorizers - all of the server's, for who may escalate or bind. */
  constructor(
    @inject(RbacAuthorizer) rbac: RbacAuthorizer,
    @inject(RbacSource) source: RbacSource,
    @inject(contributionsTo(Authorizer)) authorizers: Contributions<Authorizer>,
  ) {
    this.#rbac = rbac;
    this.#source = source;
    this.#authorizers = authorizers;
  }

  async validate(request: AdmissionRequest): Promise<void> {
    const { resource, operation, object, oldObject, user } = request;
    if (resource.group !== group || operation === 'DELETE' || object === undefined) return;
    if (user.groups.includes('system:masters')) return;
    if (oldObject !== undefined && deepEqual(withoutHousekeeping(object), withoutHousekeeping(oldObject))) return;
    if (roles.has(resource.plural)) await this.#checkRole(request, object);
    else if (bindings.has(resource.plural)) await this.#checkBinding(request, object);
  }

  async #checkRole(request: AdmissionRequest, object: JsonObject): Promise<void> {
    const { resource, oldObject, requestName } = request;
    if (await this.#may(request, 'escalate', resource.plural, requestName)) return;
    this.#refuseMissing(request, rulesOf(object));
    // It gathers anything, and taking it away keeps rules from shrinking with what they were gathered from.
    const aggregates = hasAggregationRule(object) || (oldObject !== undefined && hasAggregationRule(oldObject));
    if (!aggregates || this.#missing(request, fullAuthority).length === 0) return;
    const why = 'must have cluster-admin privileges to use the aggregationRule';
    throw statusErrors.forbidden(groupResource(resource), request.name, why);
  }

  async #checkBinding(request: AdmissionRequest, object: JsonObject): Promise<void> {
    const reference = isJsonObject(object['roleRef']) ? object['roleRef'] : {};
    const name = typeof reference['name'] === 'string' ? reference['name'] : '';
    const plural = reference['kind'] === 'Role' ? 'roles' : 'clusterroles';
    if (await this.#may(request, 'bind', plural, name)) return;
    const role = plural === 'roles' ? this.#source.role(request.namespace, name) : this.#source.clusterRole(name);
    // A role that does not exist yet could come to grant anything.
    if (role === undefined) throw statusErrors.notFound({ group, resource: plural }, name);
    this.#refuseMissing(request, role.rules ?? []);
  }

  #missing({ user, namespace }: AdmissionRequest, wanted: readonly PolicyRule[]): PolicyRule[] {
    const held = [...this.#rbac.rulesFor(user, namespace)].map(({ rule }) => rule);
    return missingRules(held, wanted);
  }

  #refuseMissing(request: AdmissionRequest, wanted: readonly PolicyRule[]): void {
    const missing = this.#missing(request, wanted);
    if (missing.length === 0) return;
    const { user, resource } = request;
    const why = `user ${JSON.stringify(user.name)} (groups=${JSON.stringify(user.groups)}) is attempting to grant RBAC permissions not currently held: ${missing.map(ruleText).join(', ')}`;
    throw statusErrors.forbidden(groupResource(resource), request.name, why);
  }

  async #may({ user, namespace }: AdmissionRequest, verb: string, resource: string, name: string): Promise<boolean> {
    const asked = { kind: 'resource', user, verb, group, version: '*', resource, subresource: '', namespace } as const;
    for (const authorizer of this.#authorizers.all)
      if ((await authorizer.authorize({ ...asked, name })).allowed) return true;
    return false;
  }
}

function rulesOf(object: JsonObject): readonly PolicyRule[] {
  const { rules } = object;
  return Array.isArray(rules) ? rules.filter(isRule) : [];
}

/** Decoded against the schema, so what is an object has the shape that its type says. */
function isRule(value: MutableJson): value is MutableJson & PolicyRule {
  return isJsonObject(value);
}

function hasAggregationRule({ aggregationRule: rule }: JsonObject): boolean {
  const selectors = isJsonObject(rule) ? rule['clusterRoleSelectors'] : undefined;
  return Array.isArray(selectors) && selectors.length > 0;
}

function withoutHousekeeping(object: JsonObject): JsonObject {
  const metadata = { ...metadataOf(object) };
  for (const field of housekeeping) delete metadata[field];
  return { ...object, metadata };
}
