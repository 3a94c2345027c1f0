import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrontDoor, patchTypes } from './front-door.js';

/** What `openssl req` makes for the organization `system:masters`, and for `dev`. */
const masters =
  'MIHgMIGHAgEAMCUxFzAVBgNVBAoMDnN5c3RlbTptYXN0ZXJzMQowCAYDVQQDDAFhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZfxs9l8B8dcnRIHl3nF+E4CSGdeWhe4B2UJh84YXRZ6aZcyDPcWlODRCEHbnnBwGRA+DzFqh8Q6rRCUMKgLFtqAAMAoGCCqGSM49BAMCA0gAMEUCIC08NImXmO3OgWO7nPh8YPnPyQB/sHxcfIxcSpVTirdxAiEAvoUv5y2KP1xFpH1/rNBvktFn+8CmyVjV1FFepjEJQZI=';
const dev =
  'MIHTMHwCAQAwGjEMMAoGA1UECgwDZGV2MQowCAYDVQQDDAFhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEyDJXVRcsFpNT+f7bh1miwohiP5eOyUgAMEVzzTUI8AABnie9pL+Thk0qjFxwwzpvlbLZ9aVHvl/OmIl9tJHPKAAMAoGCCqGSM49BAMCA0cAMEQCIF8nyYaJmvLHshWNhoBU0OyLZUAVj1sfmgVcky8VmKf0AiB9yV4ciafUyo6qn7KNA9Vv1I1HWSRV/Ibb5R/0ra3s9A==';

let door: FrontDoor;
afterAll(() => door[Symbol.asyncDispose]());

describe('a certificate is no way to more rights', () => {
  const csrs = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const pem = (der: string): string =>
    Buffer.from(`-----BEGIN CERTIFICATE REQUEST-----\n${der}\n-----END CERTIFICATE REQUEST-----\n`).toString('base64');
  const signing = (signerName: string, request: string, more: object = {}) => ({
    metadata: { generateName: 'csr-' },
    spec: { request, signerName, usages: ['client auth'], ...more },
  });
  const condition = { type: 'Approved', status: 'True', reason: 'r', message: 'm' };

  beforeAll(async () => {
    door = await FrontDoor.open('requester');
    const all = 'certificatesigningrequests';
    const resources = [all, `${all}/approval`, `${all}/status`];
    const verbs = ['get', 'create', 'update', 'patch'];
    const requests = { verbs, apiGroups: ['certificates.k8s.io'], resources };
    await door.allow('requester', [
      requests,
      { verbs: ['approve'], apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: ['mine.com/*'] },
      { verbs: ['sign'], apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: ['mine.com/one'] },
    ]);
  });

  it('that somebody else asks for: the request says who made it, not whom it names', async () => {
    const claimed = { username: 'root', groups: ['system:masters'], uid: 'u', extra: { a: ['b'] } };
    const { status, text } = await door.as('requester')('POST', csrs, {
      body: signing('mine.com/one', pem(dev), claimed),
    });
    expect(status).toBe(201);
    const { spec } = JSON.parse(text) as { spec: object };
    expect(spec).toMatchObject({ username: 'requester', groups: ['system:authenticated'] });
    expect(Object.keys(spec)).not.toContain('uid');
    expect(Object.keys(spec)).not.toContain('extra');
  });

  it('that is approved or signed by who may not for its signer', async () => {
    const make = async (signer: string): Promise<string> => {
      const answer = await door.as('requester')('POST', csrs, { body: signing(signer, pem(dev)) });
      return `${csrs}/${answer.body.metadata?.name ?? ''}`;
    };
    const requester = door.as('requester');
    const approve = { type: patchTypes.merge, body: { status: { conditions: [condition] } } };
    const sign = { type: patchTypes.merge, body: { status: { certificate: 'Yg==' } } };
    const other = await make('other.com/one');
    expect((await requester('PATCH', `${other}/approval`, approve)).body.message).toContain('not permitted to approve');
    expect((await requester('PATCH', `${other}/status`, sign)).body.message).toContain('not permitted to sign');
    const two = await make('mine.com/two');
    expect((await requester('PATCH', `${two}/status`, sign)).status).toBe(403);
    expect((await requester('PATCH', `${two}/approval`, approve)).status).toBe(200);
    const one = await make('mine.com/one');
    expect((await requester('PATCH', `${one}/status`, approve)).status).toBe(422);
    expect((await requester('PATCH', `${one}/status`, sign)).status).toBe(200);
  });

  it('that makes a master of a client', async () => {
    const client = 'kubernetes.io/kube-apiserver-client';
    const refused = await door.as('requester')('POST', csrs, { body: signing(client, pem(masters)) });
    expect([refused.status, refused.body.message]).toEqual([403, expect.stringContaining('system:masters')]);
    const broken = await door.as('requester')('POST', csrs, { body: signing(client, pem('MIIB')) });
    expect(broken.status).toBe(403);
    expect((await door.as('requester')('POST', csrs, { body: signing(client, pem(dev)) })).status).toBe(201);
  });
});
