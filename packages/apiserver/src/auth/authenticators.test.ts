import { describe, expect, it } from 'vitest';
import { AnonymousAuthenticator } from './anonymous-authenticator.js';
import { CertificateAuthenticator } from './certificate-authenticator.js';
import { TokenAuthenticator, UnknownTokenAuthenticator, bearerToken } from './token-authenticator.js';

const request = (
  headers: Record<string, string> = {},
): { method: 'GET'; path: string; headers: Record<string, string> } => ({ method: 'GET', path: '/', headers });
const admin = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

describe('TokenAuthenticator', () => {
  const tokens = new TokenAuthenticator([{ token: 'secret', user: admin }]);

  it('recognises its tokens', async () => {
    expect(await tokens.authenticate(request({ authorization: 'Bearer secret' }))).toEqual(admin);
    expect(await tokens.authenticate(request({ authorization: ' bEARER secret ' }))).toEqual(admin);
    expect(await tokens.authenticate(request({ authorization: 'bearer secret more' }))).toEqual(admin);
  });

  it('leaves other tokens and other schemes to other authenticators', async () => {
    expect(await tokens.authenticate(request({ authorization: 'Bearer secre' }))).toBeUndefined();
    expect(await tokens.authenticate(request({ authorization: 'Basic c2VjcmV0' }))).toBeUndefined();
    for (const header of ['Bearer', 'Bearer  secret', 'Bearer\tsecret', 'Bearersecret', 'secret'])
      expect(await tokens.authenticate(request({ authorization: header }))).toBeUndefined();
    expect(await tokens.authenticate(request())).toBeUndefined();
  });

  it('reads the token that a browser sends as a WebSocket subprotocol, and only where it opens one', () => {
    const header = `base64url.bearer.authorization.k8s.io.${Buffer.from('secret').toString('base64url')}, v5.channel.k8s.io`;
    expect(bearerToken(request({ upgrade: 'websocket', 'sec-websocket-protocol': header }))).toBe('secret');
    expect(bearerToken(request({ 'sec-websocket-protocol': header }))).toBeUndefined();
  });

  it('answers 401 for a token that nobody knew', async () => {
    await expect(
      new UnknownTokenAuthenticator().authenticate(request({ authorization: 'Bearer x' })),
    ).rejects.toMatchObject({
      code: 401,
      reason: 'Unauthorized',
    });
    expect(await new UnknownTokenAuthenticator().authenticate(request())).toBeUndefined();
  });
});

describe('AnonymousAuthenticator', () => {
  const anonymous = new AnonymousAuthenticator();

  it('knows who shows nothing, and nobody whose credential is wrong', async () => {
    const nobody = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
    expect(await anonymous.authenticate(request())).toEqual(nobody);
    expect(await anonymous.authenticate(request({ authorization: 'Basic c2VjcmV0' }))).toEqual(nobody);
    expect(await anonymous.authenticate(request({ authorization: 'Bearer x' }))).toBeUndefined();
    const untrusted = { ...request(), certificateProblem: 'DEPTH_ZERO_SELF_SIGNED_CERT' };
    expect(await anonymous.authenticate(untrusted)).toBeUndefined();
  });
});

describe('CertificateAuthenticator', () => {
  it('takes the common name as the user and the organizations as groups', async () => {
    const certificate = { commonName: 'kubelet', organizations: ['system:nodes'] };
    expect(await new CertificateAuthenticator().authenticate({ ...request(), certificate })).toEqual({
      name: 'kubelet',
      groups: ['system:nodes', 'system:authenticated'],
    });
  });

  it('knows nobody without a certificate, or without a name in it', async () => {
    expect(await new CertificateAuthenticator().authenticate(request())).toBeUndefined();
    expect(
      await new CertificateAuthenticator().authenticate({
        ...request(),
        certificate: { commonName: '', organizations: [] },
      }),
    ).toBeUndefined();
  });
});
