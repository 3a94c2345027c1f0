/** What every contribution to an extension point of the API server keeps to, whoever wrote it. */
import { strict as assert } from 'node:assert';
import { Duplex } from 'node:stream';
import { StatusError } from '@kubewright/api';
import type { AdmissionPlugin, AdmissionRequest } from '../admission/admission.js';
import type { AuthenticationRequest, Authenticator, User } from '../auth/authenticator.js';
import type { Attributes, Authorizer } from '../auth/authorizer.js';
import { requestInfo } from '../http/request-info.js';
import type { RequestContext, RequestHandler, UpgradeHandler } from '../http/request-context.js';
import type { ContractRunner } from './storage-contract.js';

const nobody: User = { name: 'contract-nobody', groups: ['system:authenticated'] };

export interface AuthenticatorSamples {
  /** A request with a credential that is recognised, and the name of its user. Absent where the authenticator knows none by itself. */
  readonly known?: { readonly request: AuthenticationRequest; readonly name: string };
  /** Whether a request without any credential is somebody's. Default: false. */
  readonly takesAnybody?: boolean;
}

/** What every `Authenticator` keeps to. */
export function describeAuthenticatorContract(
  { describe, it }: ContractRunner,
  name: string,
  make: () => Authenticator | Promise<Authenticator>,
  { known, takesAnybody = false }: AuthenticatorSamples = {},
): void {
  describe(`Authenticator contract: ${name}`, () => {
    it('leaves a request without a credential to others', async () => {
      const user = await (await make()).authenticate({ method: 'GET', path: '/', headers: {} });
      assert.equal(user !== undefined, takesAnybody);
    });

    it('answers or refuses a token that it has never seen, and refuses with 401 only', async () => {
      const authenticator = await make();
      for (const token of ['x', 'a.b.c', '\u0000', 'x'.repeat(100_000)])
        await refusedWith(401, async () => {
          const headers = { authorization: `Bearer ${token}` };
          assert.equal(await authenticator.authenticate({ method: 'GET', path: '/', headers }), undefined);
        });
    });

    it('knows its user time and again, and in several requests at once', async () => {
      if (known === undefined) return;
      const authenticator = await make();
      const users = await Promise.all(Array.from({ length: 3 }, () => authenticator.authenticate(known.request)));
      for (const user of users) {
        assert.equal(user?.name, known.name);
        assert.ok(user.groups.includes('system:authenticated') || user.groups.includes('system:unauthenticated'));
      }
    });
  });
}

/** What every `Authorizer` keeps to. @param allowed - something that it allows, where there is such a thing. */
export function describeAuthorizerContract(
  { describe, it }: ContractRunner,
  name: string,
  make: () => Authorizer | Promise<Authorizer>,
  allowed?: Attributes,
): void {
  const questions: Attributes[] = [
    { kind: 'path', user: nobody, verb: 'get', path: '/contract' },
    {
      kind: 'resource',
      user: nobody,
      verb: 'escalate',
      group: 'contract.example.com',
      version: '*',
      resource: 'contracts',
      subresource: '',
      namespace: 'contract',
      name: '',
    },
  ];
  describe(`Authorizer contract: ${name}`, () => {
    it('does not allow a stranger what nobody gave him, and says so without failing', async () => {
      const authorizer = await make();
      for (const asked of questions) {
        const decision = await authorizer.authorize(asked);
        assert.deepEqual([decision.allowed, typeof decision.reason], [false, 'string']);
      }
    });

    it('allows what it is to allow, time and again, with the reason', async () => {
      if (allowed === undefined) return;
      const authorizer = await make();
      for (let round = 0; round < 2; round++) {
        const decision = await authorizer.authorize(allowed);
        assert.ok(decision.allowed && decision.reason.length > 0);
      }
    });
  });
}

/** What every `AdmissionPlugin` keeps to. @param refused - a request that it refuses, where there is such a thing. */
export function describeAdmissionPluginContract(
  { describe, it }: ContractRunner,
  name: string,
  make: () => AdmissionPlugin | Promise<AdmissionPlugin>,
  request: () => AdmissionRequest,
  refused?: () => AdmissionRequest,
): void {
  describe(`AdmissionPlugin contract: ${name}`, () => {
    it('has a name for refusals, and does something', async () => {
      const plugin = await make();
      assert.match(plugin.name, /^[A-Z][A-Za-z0-9]*$/);
      assert.ok(plugin.mutate !== undefined || plugin.validate !== undefined);
    });

    it('changes the same object no further when it runs again, as it does after a lost race', async () => {
      const plugin = await make();
      const asked = request();
      await plugin.mutate?.(asked);
      const once = structuredClone(asked.object);
      await plugin.mutate?.(asked);
      assert.deepEqual(asked.object, once);
    });

    it('changes nothing while it validates, and never the stored object', async () => {
      const plugin = await make();
      const asked = request();
      const [object, oldObject] = [structuredClone(asked.object), structuredClone(asked.oldObject)];
      await plugin.validate?.(asked);
      assert.deepEqual(asked.object, object);
      await plugin.mutate?.(asked);
      assert.deepEqual(asked.oldObject, oldObject);
    });

    it('refuses with a Status', async () => {
      if (refused === undefined) return;
      const plugin = await make();
      const asked = refused();
      await assert.rejects(async () => {
        await plugin.mutate?.(asked);
        await plugin.validate?.(asked);
      }, StatusError.is);
    });
  });
}

/** A request as handlers get it: of a user with all rights, in process. */
export function contractRequest(method: string, path: string, body = ''): RequestContext {
  const [bare = '', search = ''] = path.split('?');
  const query = new URLSearchParams(search);
  const { signal } = new AbortController();
  const bytes = new TextEncoder().encode(body);
  return {
    request: { method, path, headers: {}, user: nobody, signal, body: () => Promise.resolve(bytes) },
    info: requestInfo(method, bare, query),
    query,
    user: nobody,
    signal,
    authorize: () => Promise.resolve(),
    yamlToJson: (text) => Promise.resolve(text),
    warn: () => undefined,
  };
}

/** Paths that are nobody's. */
const strange = ['/contract-unknown', '/apis/contract.example.com/v1/namespaces/a/contracts/b/c'];

/** What every `RequestHandler` keeps to. @param served - a request that is the handler's. */
export function describeRequestHandlerContract(
  { describe, it }: ContractRunner,
  name: string,
  make: () => RequestHandler | Promise<RequestHandler>,
  served?: () => RequestContext,
): void {
  describe(`RequestHandler contract: ${name}`, () => {
    it('leaves requests that are not its own to others, at once', async () => {
      const handler = await make();
      for (const path of strange) assert.equal(handler.handle(contractRequest('GET', path)), undefined);
    });

    it('answers what is its own with a status and a body, or refuses with a Status', async () => {
      if (served === undefined) return;
      const handler = await make();
      const answer = handler.handle(served());
      assert.ok(answer !== undefined, 'the request is to be the handler’s');
      await refusedWith(undefined, async () => {
        const { status } = await answer;
        assert.ok(status >= 200 && status < 600);
      });
    });
  });
}

/** What every `UpgradeHandler` keeps to. @param served - a request that is the handler's. */
export function describeUpgradeHandlerContract(
  { describe, it }: ContractRunner,
  name: string,
  make: () => UpgradeHandler | Promise<UpgradeHandler>,
  served?: () => RequestContext,
): void {
  describe(`UpgradeHandler contract: ${name}`, () => {
    it('leaves requests that are not its own to others, at once, and their sockets alone', async () => {
      const handler = await make();
      for (const path of strange) {
        const { socket, written } = recordedSocket();
        assert.equal(handler.upgrade(contractRequest('GET', path), socket, Buffer.alloc(0)), undefined);
        assert.deepEqual([written(), socket.destroyed], [0, false]);
      }
    });

    it('takes what is its own, or refuses with a Status before it has written anything', async () => {
      if (served === undefined) return;
      const handler = await make();
      const { socket, written } = recordedSocket();
      const taken = handler.upgrade(served(), socket, Buffer.alloc(0));
      assert.ok(taken !== undefined, 'the request is to be the handler’s');
      let before = 0;
      await refusedWith(undefined, async () => {
        try {
          await taken;
        } catch (error) {
          before = written();
          throw error;
        }
      });
      assert.equal(before, 0);
    });
  });
}

/** Does something that may be refused, but with a Status only. */
async function refusedWith(code: number | undefined, attempt: () => Promise<void>): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (!StatusError.is(error)) throw error;
    if (code !== undefined) assert.equal(error.code, code);
  }
}

function recordedSocket(): { readonly socket: Duplex; written(): number } {
  let bytes = 0;
  const socket = new Duplex({
    read: () => undefined,
    write(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      done();
    },
  });
  return { socket, written: () => bytes };
}
