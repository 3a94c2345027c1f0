import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { AdmissionPlugin } from '../../admission/admission.js';
import { contributing } from '../../testing/contributing.js';
import { call } from '../../testing/requests.js';
import { startTestApiServer } from '../../testing/start-test-api-server.js';

const maps = '/api/v1/namespaces/default/configmaps';
const config = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

/** An admission plugin that holds writes of config maps until it is let go. */
function gate(): { readonly plugin: AdmissionPlugin; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const plugin: AdmissionPlugin = {
    name: 'Gate',
    validate: ({ resource }) => (resource.plural === 'configmaps' ? opened : undefined),
  };
  return { plugin, open };
}

describe('the pipeline', () => {
  it('answers 429 above the limit and works on below it', async () => {
    const { plugin, open } = gate();
    const server = await startTestApiServer({
      plugins: [contributing('held', AdmissionPlugin, plugin)],
      maxInFlight: { reading: 5, mutating: 1 },
    });
    const first = call(server.transport, 'POST', maps, config('a'));
    const second = await call(server.transport, 'POST', maps, config('b'));
    expect([second.status, second.headers['retry-after']]).toEqual([429, '1']);
    expect((await call(server.transport, 'GET', maps)).status).toBe(200);
    open();
    expect((await first).status).toBe(201);
    expect((await call(server.transport, 'POST', maps, config('b'))).status).toBe(201);
    await server.stop();
  });

  it('answers 504 for what takes too long', async () => {
    const clock = new FakeClock();
    const server = await startTestApiServer({ plugins: [contributing('held', AdmissionPlugin, gate().plugin)], clock });
    const late = call(server.transport, 'POST', maps, config('a'));
    await clock.advance(60_000);
    expect((await late).body).toMatchObject({ code: 504, reason: 'Timeout' });
    await server.stop();
  });

  it('survives what its parts throw, and tells clients nothing of it', async () => {
    const plugin: AdmissionPlugin = {
      name: 'Broken',
      validate({ resource }) {
        if (resource.plural === 'configmaps') throw new TypeError('secret path /etc/x');
      },
    };
    const server = await startTestApiServer({ plugins: [contributing('held', AdmissionPlugin, plugin)] });
    const answer = await call(server.transport, 'POST', maps, config('a'));
    expect([answer.status, answer.body.reason]).toEqual([500, 'InternalError']);
    expect(answer.text).not.toContain('/etc/x');
    expect((await call(server.transport, 'GET', maps)).status).toBe(200);
    await server.stop();
  });

  it('stops work that the client has given up, and ends watches when it stops', async () => {
    const server = await startTestApiServer();
    const giveUp = new AbortController();
    const response = await server.transport.send({ method: 'GET', path: `${maps}?watch=true` }, giveUp.signal);
    const reading = (async () => {
      for await (const chunk of response.body) expect(chunk.length).toBeGreaterThan(0);
    })();
    giveUp.abort(new Error('given up'));
    await expect(reading).rejects.toThrow('given up');
    const other = await server.transport.send({ method: 'GET', path: `${maps}?watch=true` });
    const ended = (async () => {
      for await (const chunk of other.body) expect(chunk.length).toBeGreaterThan(0);
    })();
    const outcome = expect(ended).rejects.toThrow('the API server has stopped');
    await server.stop();
    await outcome;
    await expect(server.transport.send({ method: 'GET', path: maps })).rejects.toThrow('the API server has stopped');
  });
});

describe('reviews', () => {
  it('tell who asks and what somebody may do', async () => {
    const { transport, stop } = await startTestApiServer();
    const self = await call(transport, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {});
    expect(self.body).toMatchObject({ kind: 'SelfSubjectReview', status: { userInfo: { username: 'test-admin' } } });
    const question = (groups: string[]) => ({
      spec: { user: 'jane', groups, resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'a' } },
    });
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    expect((await call(transport, 'POST', path, question([]))).body).toMatchObject({ status: { allowed: false } });
    expect((await call(transport, 'POST', path, question(['system:masters']))).body).toMatchObject({
      status: { allowed: true },
    });
    expect((await call(transport, 'POST', path, { spec: { user: 'jane' } })).status).toBe(422);
    expect((await call(transport, 'POST', '/api/v1/namespaces/default/bindings', {})).status).toBe(405);
    await stop();
  });
});
