import { statusErrors } from '@kubewright/api';
import { contributionsTo } from '@kubewright/core';
import { afterAll, describe, expect, it } from 'vitest';
import { AdmissionPlugin } from '../admission/admission.js';
import type { AdmissionRequest } from '../admission/admission.js';
import { AnonymousAuthenticator } from '../auth/anonymous-authenticator.js';
import { CertificateAuthenticator } from '../auth/certificate-authenticator.js';
import { TokenAuthenticator, UnknownTokenAuthenticator } from '../auth/token-authenticator.js';
import { RequestHandler } from '../http/request-context.js';
import type { UpgradeHandler } from '../http/request-context.js';
import { RbacAuthorizer } from '../rbac/rbac-authorizer.js';
import { ResourceRegistry } from '../registry/resource-registry.js';
import { textResponse } from '../http/server-request.js';
import {
  contractRequest,
  describeAdmissionPluginContract,
  describeAuthenticatorContract,
  describeAuthorizerContract,
  describeRequestHandlerContract,
  describeUpgradeHandlerContract,
} from './extension-contracts.js';
import { startTestApiServer } from './start-test-api-server.js';

const runner = { describe, it };
const jane = { name: 'jane', groups: ['system:authenticated'] };
const bearer = { method: 'GET', path: '/', headers: { authorization: 'Bearer secret' } } as const;
const server = await startTestApiServer({ without: [] });
afterAll(() => server.stop());

describeAuthenticatorContract(runner, 'tokens', () => new TokenAuthenticator([{ token: 'secret', user: jane }]), {
  known: { request: bearer, name: 'jane' },
});
describeAuthenticatorContract(runner, 'certificates', () => new CertificateAuthenticator(), {
  known: {
    request: { method: 'GET', path: '/', headers: {}, certificate: { commonName: 'jane', organizations: [] } },
    name: 'jane',
  },
});
describeAuthenticatorContract(runner, 'unknown tokens', () => new UnknownTokenAuthenticator());
describeAuthenticatorContract(runner, 'anonymous', () => new AnonymousAuthenticator(), { takesAnybody: true });
describeAuthenticatorContract(runner, 'of somebody else', () => ({
  authenticate: ({ headers }) => Promise.resolve(headers?.['x-key'] === 'k' ? jane : undefined),
}));

const masters = { name: 'root', groups: ['system:masters'] };
describeAuthorizerContract(runner, 'RBAC', () => server.host.get(RbacAuthorizer), {
  kind: 'path',
  user: masters,
  verb: 'get',
  path: '/',
});
describeAuthorizerContract(
  runner,
  'of somebody else',
  () => ({
    authorize: ({ user }) => Promise.resolve({ allowed: user.name === 'jane', reason: 'jane may all' }),
  }),
  { kind: 'path', user: jane, verb: 'get', path: '/' },
);

function podRequest(serviceAccountName = ''): AdmissionRequest {
  const resource = server.host.get(ResourceRegistry).get('', 'v1', 'pods');
  if (resource === undefined) throw new Error('pods are served');
  const metadata = { name: 'web', namespace: 'default' };
  const spec = { containers: [{ name: 'web', image: 'nginx' }], ...(serviceAccountName && { serviceAccountName }) };
  return {
    operation: 'CREATE',
    resource,
    subresource: '',
    namespace: 'default',
    name: 'web',
    requestName: '',
    user: masters,
    dryRun: false,
    object: { apiVersion: 'v1', kind: 'Pod', metadata, spec },
    oldObject: undefined,
    warn: () => undefined,
    signal: new AbortController().signal,
  };
}

const noAccounts = 'ServiceAccount';
for (const plugin of server.host.getAll(AdmissionPlugin)) {
  // Nothing makes accounts here, so every Pod is refused by it.
  if (plugin.name === noAccounts) continue;
  describeAdmissionPluginContract(runner, plugin.name, () => plugin, podRequest);
}
describeAdmissionPluginContract(
  runner,
  'of somebody else',
  () => ({
    name: 'NoRobots',
    validate({ user, object }) {
      if (object?.['kind'] === 'Robot' || user.name === 'robot') throw statusErrors.badRequest('no robots');
    },
  }),
  podRequest,
  () => ({ ...podRequest(), user: { name: 'robot', groups: [] } }),
);

const samples = ['/version', '/api/v1/namespaces'];
for (const [index, handler] of server.host.getAll(RequestHandler).entries())
  describeRequestHandlerContract(runner, `of the server, ${index + 1}`, () => handler);
for (const path of samples) {
  const owner = server.host
    .getAll(RequestHandler)
    .find((each) => each.handle(contractRequest('GET', path)) !== undefined);
  if (owner)
    describeRequestHandlerContract(
      runner,
      path,
      () => owner,
      () => contractRequest('GET', path),
    );
}
describeRequestHandlerContract(
  runner,
  'of somebody else',
  () => ({
    handle: ({ info }) =>
      info.kind === 'path' && info.path === '/hello' ? Promise.resolve(textResponse(200, 'hello')) : undefined,
  }),
  () => contractRequest('GET', '/hello'),
);

const echo: UpgradeHandler = {
  upgrade(context, socket) {
    if (context.info.kind !== 'path' || context.info.path !== '/echo') return undefined;
    socket.end('bye');
    return Promise.resolve();
  },
};
describeUpgradeHandlerContract(
  runner,
  'of somebody else',
  () => echo,
  () => contractRequest('GET', '/echo'),
);

it('every point of the server is followed, so contributions may come late', () => {
  expect(server.host.get(contributionsTo(RequestHandler)).all.length).toBeGreaterThan(2);
});
