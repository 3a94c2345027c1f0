import { statusErrors } from '@kubewright/api';
import type { JsonObject } from '@kubewright/api';
import type { PolicyRule } from '@kubewright/api/rbac/v1';
import type { Authorizer } from '../../auth/authorizer.js';
import { isJsonObject } from '../../object/object-bytes.js';
import { deepEqual } from '../../patch/json-value.js';
import { missingRules, ruleText } from '../../rbac/escalation.js';
import type { RbacAuthorizer, RbacSource } from '../../rbac/rbac-authorizer.js';
import { groupResource } from '../../store/write-request.js';
import type { AdmissionPlugin, AdmissionRequest } from '../admission.js';

const group = 'rbac.authorization.k8s.io';
const roles = new Set(['roles', 'clusterroles']);
const bindings = new Set(['rolebindings', 'clusterrolebindings']);

/** Nobody gives rights that he does not have, unless he may `escalate` or `bind` the role. */
export class RbacEscalation implements AdmissionPlugin {
  readonly name = 'RbacEscalation';
  readonly #rbac: RbacAuthorizer;
  readonly #source: RbacSource;
  readonly #authorizers: readonly Authorizer[];

  /** @param authorizers - all of the server's, for who may escalate or bind. */
  constructor(rbac: RbacAuthorizer, source: RbacSource, authorizers: readonly Authorizer[]) {
    this.#rbac = rbac;
    this.#source = source;
    this.#authorizers = authorizers;
  }

  async validate(request: AdmissionRequest): Promise<void> {
    const { resource, operation, object, oldObject, user } = request;
    if (resource.group !== group || operation === 'DELETE' || object === undefined) return;
    if (user.groups.includes('system:masters')) return;
    const isRole = roles.has(resource.plural);
    if (!isRole && !bindings.has(resource.plural)) return;
    // What is granted already may be written again, as the removal of a finalizer does.
    const granting = isRole ? ['rules', 'aggregationRule'] : ['roleRef', 'subjects'];
    if (oldObject !== undefined && granting.every((key) => deepEqual(object[key], oldObject[key]))) return;
    const wanted = isRole ? rulesOf(object) : this.#bound(object, request.namespace);
    const held = [...this.#rbac.rulesFor(user, request.namespace)].map(({ rule }) => rule);
    const missing = missingRules(held, wanted);
    if (missing.length === 0 || (await this.#mayAnyway(request, isRole, object))) return;
    const why = `user ${JSON.stringify(user.name)} (groups=${JSON.stringify(user.groups)}) is attempting to grant RBAC permissions not currently held: ${missing.map(ruleText).join(', ')}`;
    throw statusErrors.forbidden(groupResource(resource), request.name, why);
  }

  /** The rules of the role that a binding refers to. A role that does not exist yet could come to grant anything. */
  #bound(object: JsonObject, namespace: string): readonly PolicyRule[] {
    const { kind, name } = isJsonObject(object['roleRef']) ? object['roleRef'] : {};
    const role =
      typeof name !== 'string'
        ? undefined
        : kind === 'Role'
          ? this.#source.role(namespace, name)
          : this.#source.clusterRole(name);
    return role === undefined ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : (role.rules ?? []);
  }

  async #mayAnyway(
    { resource, user, namespace, name }: AdmissionRequest,
    isRole: boolean,
    object: JsonObject,
  ): Promise<boolean> {
    const reference = isJsonObject(object['roleRef']) ? object['roleRef'] : {};
    const target = isRole
      ? { verb: 'escalate', resource: resource.plural, name }
      : {
          verb: 'bind',
          resource: reference['kind'] === 'Role' ? 'roles' : 'clusterroles',
          name: typeof reference['name'] === 'string' ? reference['name'] : '',
        };
    for (const authorizer of this.#authorizers) {
      const asked = { kind: 'resource', user, group, version: 'v1', subresource: '', namespace, ...target } as const;
      if ((await authorizer.authorize(asked)).allowed) return true;
    }
    return false;
  }
}

function rulesOf(object: JsonObject): readonly PolicyRule[] {
  const { rules } = object;
  // Decoded against the schema, so the shape is what its type says.
  return Array.isArray(rules) ? (rules as object[] as PolicyRule[]) : [];
}
