import type { StatusCause, StatusDetails } from '../generated/meta/v1.js';
import type { GroupVersionKind } from '../kind/kind.js';
import type { FieldError } from '../validation/field-error.js';
import { StatusError } from './status-error.js';

/** A resource without its version, as messages name it: `deployments.apps`. */
export interface GroupResource {
  /** Empty for the core group. */
  readonly group: string;
  /** The plural. */
  readonly resource: string;
}

type GroupKind = Pick<GroupVersionKind, 'group' | 'kind'>;

const qualified = (name: string, group: string): string => (group === '' ? name : `${name}.${group}`);
const named = ({ group, resource }: GroupResource, name: string): string =>
  `${qualified(resource, group)} ${JSON.stringify(name)}`;

/** Details without empty entries. `kind` holds the resource, as upstream's do. */
function about({ group, resource }: GroupResource, name = '', more: StatusDetails = {}): StatusDetails {
  return {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(resource === '' ? {} : { kind: resource }),
    ...more,
  };
}

/** What is wrong may be said in more words than the request had: so many errors are told one by one, in so many characters each. */
const mostErrors = 100;
const longestText = 4096;

function shortened(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}…`;
}

/** Makes the errors that an API answers, in upstream's words. `name` is the object's; empty where the request named none. */
export const statusErrors = {
  badRequest: (message: string): StatusError => new StatusError({ code: 400, reason: 'BadRequest', message }),

  /** @param message - Default: `Unauthorized`. */
  unauthorized: (message = 'Unauthorized'): StatusError =>
    new StatusError({ code: 401, reason: 'Unauthorized', message }),

  /** @param why - what follows the colon, as `User "a" cannot get resource …`. */
  forbidden(resource: GroupResource, name: string, why: string, causes: readonly StatusCause[] = []): StatusError {
    const subject =
      resource.resource === ''
        ? ''
        : name === ''
          ? `${qualified(resource.resource, resource.group)} is `
          : `${named(resource, name)} is `;
    const details = about(resource, name, causes.length === 0 ? {} : { causes: [...causes] });
    return new StatusError({ code: 403, reason: 'Forbidden', message: `${subject}forbidden: ${why}`, details });
  },

  /** The refusal to create something in a namespace that is being deleted. */
  namespaceTerminating(resource: GroupResource, name: string, namespace: string): StatusError {
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    const cause = {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    };
    return statusErrors.forbidden(resource, name, why, [cause]);
  },

  notFound: (resource: GroupResource, name: string): StatusError =>
    new StatusError({
      code: 404,
      reason: 'NotFound',
      message: `${named(resource, name)} not found`,
      details: about(resource, name),
    }),

  /** A method that a path does not have, whatever it leads to. */
  methodNotAllowed: (): StatusError =>
    new StatusError({
      code: 405,
      reason: 'MethodNotAllowed',
      message: 'the server does not allow this method on the requested resource',
      details: {},
    }),

  /** A path that the server does not serve. */
  unknownPath: (): StatusError =>
    new StatusError({
      code: 404,
      reason: 'NotFound',
      message: 'the server could not find the requested resource',
      details: {},
    }),

  methodNotSupported: (resource: GroupResource, action: string): StatusError =>
    new StatusError({
      code: 405,
      reason: 'MethodNotAllowed',
      message: `${action} is not supported on resources of kind ${JSON.stringify(qualified(resource.resource, resource.group))}`,
      details: about(resource),
    }),

  notAcceptable: (accepted: readonly string[]): StatusError =>
    new StatusError({
      code: 406,
      reason: 'NotAcceptable',
      message: `only the following media types are accepted: ${accepted.join(', ')}`,
    }),

  alreadyExists: (resource: GroupResource, name: string): StatusError =>
    new StatusError({
      code: 409,
      reason: 'AlreadyExists',
      message: `${named(resource, name)} already exists`,
      details: about(resource, name),
    }),

  /** No free name was found for a `generateName`. */
  generatedNameTaken: (resource: GroupResource, name: string, retryAfterSeconds: number): StatusError =>
    new StatusError({
      code: 409,
      reason: 'AlreadyExists',
      message: `${named(resource, name)} already exists, the server was not able to generate a unique name for the object`,
      details: about(resource, name, { retryAfterSeconds }),
    }),

  /** @param why - Default: the object was changed since the version that the request names. */
  conflict: (
    resource: GroupResource,
    name: string,
    why = 'the object has been modified; please apply your changes to the latest version and try again',
  ): StatusError =>
    new StatusError({
      code: 409,
      reason: 'Conflict',
      message: `Operation cannot be fulfilled on ${named(resource, name)}: ${why}`,
      details: about(resource, name),
    }),

  /** Server-side apply found fields of other managers. */
  applyConflict: (causes: readonly StatusCause[], message: string): StatusError =>
    new StatusError({ code: 409, reason: 'Conflict', message, details: { causes: [...causes] } }),

  gone: (message: string): StatusError => new StatusError({ code: 410, reason: 'Gone', message }),

  /** The resourceVersion or continue token is too old. */
  expired: (message: string): StatusError => new StatusError({ code: 410, reason: 'Expired', message }),

  tooLarge: (message: string): StatusError =>
    new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message: `Request entity too large: ${message}` }),

  unsupportedMediaType: (accepted: readonly string[]): StatusError =>
    new StatusError({
      code: 415,
      reason: 'UnsupportedMediaType',
      message: `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    }),

  /** @param name - the object's name, or its generateName where it has none. */
  invalid({ group, kind }: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
    const told = errors
      .slice(0, mostErrors)
      .map(({ field, reason, message }) => ({ reason, message: shortened(message), field: shortened(field) }));
    const texts = [...new Set(told.map(({ field, message }) => `${field}: ${message}`))];
    if (errors.length > mostErrors) texts.push(`and ${errors.length - mostErrors} more`);
    const list = texts.length === 1 ? `: ${texts[0]}` : texts.length === 0 ? '' : `: [${texts.join(', ')}]`;
    return new StatusError({
      code: 422,
      reason: 'Invalid',
      message: `${qualified(kind, group)} ${JSON.stringify(name)} is invalid${list}`,
      details: about({ group, resource: kind }, name, {
        causes: told,
      }),
    });
  },

  tooManyRequests: (message: string, retryAfterSeconds: number): StatusError =>
    new StatusError({ code: 429, reason: 'TooManyRequests', message, details: { retryAfterSeconds } }),

  internalError: (why: string, options?: ErrorOptions): StatusError =>
    new StatusError(
      {
        code: 500,
        reason: 'InternalError',
        message: `Internal error occurred: ${why}`,
        details: { causes: [{ message: why }] },
      },
      options,
    ),

  /** The server could not finish in time, and a repetition may succeed. */
  serverTimeout: (resource: GroupResource, operation: string, retryAfterSeconds: number): StatusError =>
    new StatusError({
      code: 500,
      reason: 'ServerTimeout',
      message: `The ${operation} operation against ${qualified(resource.resource, resource.group)} could not be completed at this time, please try again.`,
      details: about(resource, operation, { retryAfterSeconds }),
    }),

  serviceUnavailable: (message: string): StatusError =>
    new StatusError({ code: 503, reason: 'ServiceUnavailable', message }),

  /** @param retryAfterSeconds - Default: 0, the client decides. */
  timeout: (message: string, retryAfterSeconds = 0): StatusError =>
    new StatusError({
      code: 504,
      reason: 'Timeout',
      message: `Timeout: ${message}`,
      ...(retryAfterSeconds === 0 ? {} : { details: { retryAfterSeconds } }),
    }),
};
