import { describe, expect, it } from 'vitest';
import { fieldError } from '../validation/field-error.js';
import {
  isAlreadyExists,
  isBadRequest,
  isConflict,
  isExpired,
  isForbidden,
  isInternalError,
  isInvalid,
  isMethodNotSupported,
  isNamespaceTerminating,
  isNotFound,
  isServiceUnavailable,
  isTimeout,
  isTooManyRequests,
  isUnauthorized,
} from './predicates.js';
import { StatusError } from './status-error.js';
import { statusErrors } from './status-errors.js';

const deployments = { group: 'apps', resource: 'deployments' };
const pods = { group: '', resource: 'pods' };

describe('statusErrors', () => {
  it.each<[StatusError, number, string, string]>([
    [statusErrors.notFound(deployments, 'x'), 404, 'NotFound', 'deployments.apps "x" not found'],
    [statusErrors.notFound(pods, 'x'), 404, 'NotFound', 'pods "x" not found'],
    [statusErrors.alreadyExists(pods, 'x'), 409, 'AlreadyExists', 'pods "x" already exists'],
    [
      statusErrors.conflict(deployments, 'x'),
      409,
      'Conflict',
      'Operation cannot be fulfilled on deployments.apps "x": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [statusErrors.forbidden(pods, 'x', 'no'), 403, 'Forbidden', 'pods "x" is forbidden: no'],
    [statusErrors.forbidden(pods, '', 'no'), 403, 'Forbidden', 'pods is forbidden: no'],
    [statusErrors.forbidden({ group: '', resource: '' }, '', 'no'), 403, 'Forbidden', 'forbidden: no'],
    [statusErrors.unauthorized(), 401, 'Unauthorized', 'Unauthorized'],
    [statusErrors.badRequest('why'), 400, 'BadRequest', 'why'],
    [
      statusErrors.methodNotSupported(deployments, 'deletecollection'),
      405,
      'MethodNotAllowed',
      'deletecollection is not supported on resources of kind "deployments.apps"',
    ],
    [
      statusErrors.notAcceptable(['application/json', 'application/yaml']),
      406,
      'NotAcceptable',
      'only the following media types are accepted: application/json, application/yaml',
    ],
    [
      statusErrors.unsupportedMediaType(['application/json']),
      415,
      'UnsupportedMediaType',
      'the body of the request was in an unknown format - accepted media types include: application/json',
    ],
    [
      statusErrors.tooLarge('limit is 3145728'),
      413,
      'RequestEntityTooLarge',
      'Request entity too large: limit is 3145728',
    ],
    [statusErrors.gone('g'), 410, 'Gone', 'g'],
    [statusErrors.expired('too old resource version'), 410, 'Expired', 'too old resource version'],
    [statusErrors.tooManyRequests('slow down', 3), 429, 'TooManyRequests', 'slow down'],
    [statusErrors.timeout('t'), 504, 'Timeout', 'Timeout: t'],
    [
      statusErrors.serverTimeout(pods, 'create', 2),
      500,
      'ServerTimeout',
      'The create operation against pods could not be completed at this time, please try again.',
    ],
    [statusErrors.serviceUnavailable('s'), 503, 'ServiceUnavailable', 's'],
    [statusErrors.internalError('e'), 500, 'InternalError', 'Internal error occurred: e'],
    [statusErrors.applyConflict([], 'a'), 409, 'Conflict', 'a'],
    [
      statusErrors.generatedNameTaken(pods, 'x-abcde', 1),
      409,
      'AlreadyExists',
      'pods "x-abcde" already exists, the server was not able to generate a unique name for the object',
    ],
  ])('%s', (error, code, reason, message) => {
    expect(error).toMatchObject({ code, reason, message });
  });

  it('names the fields of an invalid object', () => {
    const kind = { group: 'apps', kind: 'Deployment' };
    const [one, two] = [
      fieldError.required('spec.selector'),
      fieldError.invalid('spec.replicas', -1, 'must be positive'),
    ];
    expect(statusErrors.invalid(kind, 'x', [one]).message).toBe(
      'Deployment.apps "x" is invalid: spec.selector: Required value',
    );
    const both = statusErrors.invalid(kind, 'x', [one, two, one]);
    expect(both.message).toBe(
      'Deployment.apps "x" is invalid: [spec.selector: Required value, spec.replicas: Invalid value: -1: must be positive]',
    );
    expect(both.toStatus()).toMatchObject({
      code: 422,
      reason: 'Invalid',
      details: { name: 'x', group: 'apps', kind: 'Deployment' },
    });
    expect(both.causes[1]).toEqual({
      reason: 'FieldValueInvalid',
      message: 'Invalid value: -1: must be positive',
      field: 'spec.replicas',
    });
  });

  it('says that a namespace is being deleted', () => {
    const error = statusErrors.namespaceTerminating(pods, 'x', 'old');
    expect(error.message).toBe(
      'pods "x" is forbidden: unable to create new content in namespace old because it is being terminated',
    );
    expect(error.causes).toEqual([
      { reason: 'NamespaceTerminating', message: 'namespace old is being terminated', field: 'metadata.namespace' },
    ]);
    expect(isNamespaceTerminating(error)).toBe(true);
    expect(isForbidden(error)).toBe(true);
  });

  it('keeps when to try again', () => {
    expect(statusErrors.tooManyRequests('slow down', 3).retryAfterSeconds).toBe(3);
    expect(statusErrors.badRequest('no').retryAfterSeconds).toBeUndefined();
  });
});

describe('StatusError', () => {
  it('survives the way over the wire', () => {
    const error = statusErrors.notFound(deployments, 'x');
    const body: unknown = JSON.parse(JSON.stringify(error.toStatus()));
    expect(body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'deployments.apps "x" not found',
      reason: 'NotFound',
      details: { name: 'x', group: 'apps', kind: 'deployments' },
      code: 404,
    });
    const again = StatusError.from(body, 500);
    expect(again).toMatchObject({ code: 404, reason: 'NotFound', message: error.message, details: error.details });
    expect(isNotFound(again)).toBe(true);
  });

  it('is made of anything a server may answer', () => {
    expect(StatusError.from('<html>bad gateway</html>', 502)).toMatchObject({ code: 502, reason: 'Unknown' });
    expect(StatusError.from(undefined, 404)).toMatchObject({ code: 404, reason: 'NotFound' });
    expect(StatusError.from({ kind: 'Status', status: 'Failure', details: null }, 429)).toMatchObject({
      code: 429,
      reason: 'TooManyRequests',
      details: {},
    });
    expect(StatusError.from({ kind: 'Pod' })).toMatchObject({ code: 500, reason: 'InternalError' });
  });

  it('takes nothing from a server that is not of its type', () => {
    const junk = { kind: 'Status', code: '429', reason: 5, message: {}, details: { causes: 7, retryAfterSeconds: -1 } };
    expect(StatusError.from(junk, 503)).toMatchObject({ code: 503, reason: 'ServiceUnavailable', details: {} });
    for (const details of [[], 'x', 5, { causes: [null, 5, { reason: 'X' }], retryAfterSeconds: 'soon' }]) {
      const error = StatusError.from({ kind: 'Status', code: 1e9, details }, 500);
      expect(error.code).toBe(500);
      expect(error.causes.some(({ reason }) => reason === 'Y')).toBe(false);
      expect(error.retryAfterSeconds).toBeUndefined();
    }
  });

  it('is recognised by a mark and not by its class', () => {
    expect(StatusError.is(statusErrors.badRequest('no'))).toBe(true);
    expect(StatusError.is({ [Symbol.for('@kubewright/api/StatusError')]: true })).toBe(true);
    expect(StatusError.is(new Error('no'))).toBe(false);
    expect(StatusError.is(null)).toBe(false);
  });

  it.each<[(error: unknown) => boolean, StatusError]>([
    [isAlreadyExists, statusErrors.alreadyExists(pods, 'x')],
    [isConflict, statusErrors.conflict(pods, 'x')],
    [isInvalid, statusErrors.invalid({ group: '', kind: 'Pod' }, 'x', [])],
    [isUnauthorized, statusErrors.unauthorized()],
    [isBadRequest, statusErrors.badRequest('no')],
    [isMethodNotSupported, statusErrors.methodNotSupported(pods, 'create')],
    [isExpired, statusErrors.expired('old')],
    [isExpired, statusErrors.gone('old')],
    [isTooManyRequests, statusErrors.tooManyRequests('slow', 1)],
    [isTimeout, statusErrors.timeout('late')],
    [isTimeout, statusErrors.serverTimeout(pods, 'list', 0)],
    [isServiceUnavailable, statusErrors.serviceUnavailable('no')],
    [isInternalError, statusErrors.internalError('no')],
  ])('the predicate %o knows %s', (predicate, error) => {
    expect(predicate(error)).toBe(true);
    expect(predicate(new Error('another'))).toBe(false);
    expect(isNotFound(error)).toBe(false);
  });
});
