import { describe, expect, it } from 'vitest';
import { readClientCertificate } from './client-certificate.js';

const until = 'Dec  1 12:00:00 2026 GMT';
const shown = (subject: object, authorized = true) => ({
  authorized,
  ...(authorized ? {} : { authorizationError: 'CERT_HAS_EXPIRED' }),
  getPeerCertificate: () => ({ subject, valid_to: until }),
});

describe('readClientCertificate', () => {
  it('takes the last of several names, all organizations, and the time until which it counts', () => {
    expect(readClientCertificate(shown({ CN: ['root', 'jane'], O: ['dev', 'a,b'] }))).toEqual({
      proven: { certificate: { commonName: 'jane', organizations: ['dev', 'a,b'] } },
      until: Date.UTC(2026, 11, 1, 12),
    });
  });

  it('takes a subject without a name for nobody', () => {
    const { proven } = readClientCertificate(shown({ O: 'system:masters' }));
    expect(proven.certificate).toEqual({ commonName: '', organizations: ['system:masters'] });
  });

  it('tells a certificate that proves nothing from none', () => {
    expect(readClientCertificate(shown({ CN: 'root' }, false)).proven).toEqual({
      certificateProblem: 'CERT_HAS_EXPIRED',
    });
    const none = { authorized: false, authorizationError: 'x', getPeerCertificate: () => ({}) };
    expect(readClientCertificate(none).proven).toEqual({});
  });
});
