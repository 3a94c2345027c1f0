import { X509Certificate, createPrivateKey } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { SystemClock, SystemRandom } from '@kubewright/core';
import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { CertificateAuthority } from './certificate-authority.js';

const authority = (): CertificateAuthority =>
  CertificateAuthority.create('kubewright', new SystemClock(), new SystemRandom());

describe('CertificateAuthority', () => {
  it('signs a server certificate that Node verifies for its names and addresses', () => {
    const ca = authority();
    const { certificate, key } = ca.issue({
      commonName: 'apiserver',
      usage: 'server',
      hosts: ['localhost', '127.0.0.1', '::1', '10.96.0.1'],
    });
    const parsed = new X509Certificate(certificate);
    const root = new X509Certificate(ca.certificate);
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(parsed.verify(root.publicKey)).toBe(true);
    expect(parsed.checkIssued(root)).toBe(true);
    expect(parsed.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect([
      parsed.checkHost('localhost'),
      parsed.checkIP('127.0.0.1'),
      parsed.checkIP('::1'),
      parsed.checkIP('10.96.0.1'),
    ]).not.toContain(undefined);
    expect(parsed.checkHost('example.com')).toBeUndefined();
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  });

  it('writes a user and its groups into a client certificate', () => {
    const { certificate } = authority().issue({
      commonName: 'admin',
      organizations: ['system:masters', 'dev'],
      usage: 'client',
    });
    expect(new X509Certificate(certificate).subject).toBe('O=system:masters\nO=dev\nCN=admin');
  });

  it('is valid from five minutes ago for ten years, and what it signs for one', () => {
    const ca = CertificateAuthority.create('kubewright', new FakeClock(Date.UTC(2045, 0, 1)), new SeededRandom());
    const root = new X509Certificate(ca.certificate);
    expect(root.validFromDate.toISOString()).toBe('2044-12-31T23:55:00.000Z');
    expect(root.validToDate.toISOString()).toBe('2054-12-30T00:00:00.000Z');
    expect(
      new X509Certificate(ca.issue({ commonName: 'x', usage: 'client' }).certificate).validToDate.toISOString(),
    ).toBe('2046-01-01T00:00:00.000Z');
  });

  it('goes on signing after it was stored and loaded, and refuses a foreign key', () => {
    const ca = authority();
    const loaded = CertificateAuthority.load(ca.credentials(), new SystemClock(), new SystemRandom());
    const { certificate } = loaded.issue({ commonName: 'x', usage: 'client' });
    expect(new X509Certificate(certificate).checkIssued(new X509Certificate(ca.certificate))).toBe(true);
    const foreign = { certificate: ca.certificate, key: authority().credentials().key };
    expect(() => CertificateAuthority.load(foreign, new SystemClock(), new SystemRandom())).toThrow(
      'does not belong to its certificate',
    );
  });

  it('makes certificates that both ends of a TLS connection accept', async () => {
    const ca = authority();
    const served = ca.issue({ commonName: 'apiserver', usage: 'server', hosts: ['127.0.0.1'] });
    const client = ca.issue({ commonName: 'admin', organizations: ['system:masters'], usage: 'client' });
    const server = createServer({
      cert: served.certificate,
      key: served.key,
      ca: ca.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
    const socket = connect({ host: '127.0.0.1', port, ca: ca.certificate, cert: client.certificate, key: client.key });
    const [peer] = await accepted;
    expect(peer.getPeerCertificate().subject).toMatchObject({ CN: 'admin', O: 'system:masters' });
    socket.destroy();
    peer.destroy();
    server.close();
  });
});
