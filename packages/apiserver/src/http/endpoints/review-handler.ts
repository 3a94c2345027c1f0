/** Reviews: questions about who somebody is and what he may do, asked as objects that are answered and never stored. */
import { statusErrors } from '@kubewright/api';
import type { FieldError, JsonObject, MutableJson } from '@kubewright/api';
import type { Contributions } from '@kubewright/core';
import { Plugin, contributionsTo, inject, last } from '@kubewright/core';
import { Authenticator } from '../../auth/authenticator.js';
import type { User } from '../../auth/authenticator.js';
import { bearerToken } from '../../auth/token-authenticator.js';
import { Authorizer } from '../../auth/authorizer.js';
import type { Attributes, Decision } from '../../auth/authorizer.js';
import { isJsonObject } from '../../object/object-bytes.js';
import { ResourceRegistry } from '../../registry/resource-registry.js';
import { decodeObject, readFieldValidation } from '../encoding/body-decoding.js';
import { negotiate } from '../encoding/negotiation.js';
import { valueResponse } from '../encoding/representations.js';
import { RequestHandler } from '../request-context.js';
import type { RequestContext } from '../request-context.js';
import type { ResourceRequestInfo } from '../request-info.js';
import { readBody } from './request-reading.js';
import type { ServerResponse } from '../server-request.js';

interface Services {
  readonly registry: ResourceRegistry;
  readonly authenticators: Contributions<Authenticator>;
  readonly authorizers: Contributions<Authorizer>;
}

type Review = (context: RequestContext, spec: JsonObject, info: ResourceRequestInfo) => Promise<JsonObject>;

@Plugin({ name: 'reviews', contributes: [last(RequestHandler)] })
export class ReviewHandler implements RequestHandler {
  readonly #services: Services;
  readonly #reviews: ReadonlyMap<string, Review>;

  constructor(
    @inject(ResourceRegistry) registry: ResourceRegistry,
    @inject(contributionsTo(Authenticator)) authenticators: Contributions<Authenticator>,
    @inject(contributionsTo(Authorizer)) authorizers: Contributions<Authorizer>,
  ) {
    this.#services = { registry, authenticators, authorizers };
    const reviews: Readonly<Record<string, Review>> = {
      tokenreviews: (_, spec) => this.#token(spec),
      selfsubjectreviews: ({ user }) => Promise.resolve({ userInfo: userInfo(user) }),
      subjectaccessreviews: (_, spec) => {
        refuse('SubjectAccessReview', [...attributesProblems(spec), ...subjectProblems(spec)]);
        return this.#access(subjectOf(spec), spec);
      },
      localsubjectaccessreviews: (_, spec, { namespace }) => {
        const problems = [...attributesProblems(spec), ...subjectProblems(spec), ...namespaceProblems(spec, namespace)];
        refuse('LocalSubjectAccessReview', problems);
        return this.#access(subjectOf(spec), spec);
      },
      selfsubjectaccessreviews: ({ user }, spec) => {
        refuse('SelfSubjectAccessReview', attributesProblems(spec));
        return this.#access(user, spec);
      },
    };
    this.#reviews = new Map(Object.entries(reviews));
  }

  handle(context: RequestContext): Promise<ServerResponse> | undefined {
    const { info } = context;
    if (info.kind !== 'resource' || info.verb !== 'create' || info.name !== '' || info.subresource !== '')
      return undefined;
    if (info.group !== 'authentication.k8s.io' && info.group !== 'authorization.k8s.io') return undefined;
    const review = this.#reviews.get(info.resource);
    return review && this.#answer(context, info, review);
  }

  async #answer(context: RequestContext, info: ResourceRequestInfo, review: Review): Promise<ServerResponse> {
    const resource = this.#services.registry.get(info.group, info.version, info.resource);
    if (resource === undefined) throw statusErrors.unknownPath();
    const representation = negotiate(context.request.headers['accept'], false, false);
    const validation = readFieldValidation(context.query.get('fieldValidation'));
    const object = decodeObject(await readBody(context, resource.kind), resource, validation, context.warn);
    const spec = isJsonObject(object['spec']) ? object['spec'] : {};
    const status = await review(context, spec, info);
    const { apiVersion = `${info.group}/${info.version}`, kind = resource.kind, metadata = {} } = object;
    return valueResponse(201, { kind, apiVersion, metadata, spec, status }, representation);
  }

  async #token(spec: JsonObject): Promise<JsonObject> {
    const { token } = spec;
    if (typeof token !== 'string' || token === '')
      throw statusErrors.badRequest('token is required for TokenReview in authentication');
    const headers = { authorization: `Bearer ${token}` };
    // What a header would not carry as it is, is no token: without one, everybody is let in as nobody.
    if (bearerToken({ method: 'GET', path: '/', headers }) !== token) return { authenticated: false };
    for (const authenticator of this.#services.authenticators.all) {
      try {
        const user = await authenticator.authenticate({ method: 'GET', path: '/', headers });
        if (user !== undefined) return { authenticated: true, user: userInfo(user) };
      } catch {
        return { authenticated: false, error: 'the token is not valid' };
      }
    }
    return { authenticated: false };
  }

  async #access(user: User, spec: JsonObject): Promise<JsonObject> {
    const attributes = attributesOf(user, spec);
    let last: Decision = { allowed: false, reason: '' };
    for (const authorizer of this.#services.authorizers.all) {
      last = await authorizer.authorize(attributes);
      if (last.allowed) break;
    }
    return { allowed: last.allowed, ...(last.reason === '' ? {} : { reason: last.reason }) };
  }
}

/** Exactly one thing is asked about. */
function attributesProblems({ resourceAttributes: resource, nonResourceAttributes: path }: JsonObject): FieldError[] {
  if (isJsonObject(resource) && isJsonObject(path))
    return [invalid('nonResourceAttributes', 'cannot be specified in combination with resourceAttributes')];
  if (isJsonObject(resource) || isJsonObject(path)) return [];
  const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  return [invalid('resourceAttributes', why)];
}

/** A question about nobody would be answered for a user without a name. */
function subjectProblems({ user = '', groups = [] }: JsonObject): FieldError[] {
  const nobody = user === '' && (!Array.isArray(groups) || groups.length === 0);
  return nobody ? [invalid('user', 'at least one of user or group must be specified')] : [];
}

/** Who may ask about a namespace asks about nothing else. */
function namespaceProblems(
  { resourceAttributes: resource, nonResourceAttributes: path }: JsonObject,
  own: string,
): FieldError[] {
  if (isJsonObject(path)) return [invalid('nonResourceAttributes', 'disallowed on this kind of request')];
  const asked = isJsonObject(resource) ? (resource['namespace'] ?? '') : own;
  return asked === own ? [] : [invalid('resourceAttributes.namespace', 'must match metadata.namespace')];
}

const invalid = (field: string, why: string): FieldError => ({
  field: `spec.${field}`,
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${why}`,
});

/** @throws 422 where there are problems. */
function refuse(kind: string, problems: readonly FieldError[]): void {
  if (problems.length > 0) throw statusErrors.invalid({ group: 'authorization.k8s.io', kind }, '', problems);
}

function attributesOf(user: User, spec: JsonObject): Attributes {
  const text = (from: JsonObject, key: string): string => (typeof from[key] === 'string' ? from[key] : '');
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (isJsonObject(resource))
    return {
      kind: 'resource',
      user,
      verb: text(resource, 'verb'),
      group: text(resource, 'group'),
      version: text(resource, 'version'),
      resource: text(resource, 'resource'),
      subresource: text(resource, 'subresource'),
      namespace: text(resource, 'namespace'),
      name: text(resource, 'name'),
    };
  const about = isJsonObject(path) ? path : {};
  return { kind: 'path', user, verb: text(about, 'verb'), path: text(about, 'path') };
}

function subjectOf(spec: JsonObject): User {
  const { user, groups, uid, extra } = spec;
  const extras = Object.entries(isJsonObject(extra) ? extra : {}).map(
    ([key, values]) => [key, Array.isArray(values) ? values.filter((value) => typeof value === 'string') : []] as const,
  );
  return {
    name: typeof user === 'string' ? user : '',
    groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(extras.length === 0 ? {} : { extra: Object.fromEntries(extras) }),
  };
}

function userInfo({ name, uid, groups, extra }: User): JsonObject {
  const extras = Object.entries(extra ?? {}).map(([key, values]): [string, MutableJson] => [key, [...values]]);
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups: [...groups],
    ...(extras.length === 0 ? {} : { extra: Object.fromEntries(extras) }),
  };
}
