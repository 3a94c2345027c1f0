import { SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { requestedOrganizations } from './requested-organizations.js';

/** What `openssl req -subj /O=system:masters/CN=a` makes. */
const request = Buffer.from(
  'MIHgMIGHAgEAMCUxFzAVBgNVBAoMDnN5c3RlbTptYXN0ZXJzMQowCAYDVQQDDAFhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZfxs9l8B8dcnRIHl3nF+E4CSGdeWhe4B2UJh84YXRZ6aZcyDPcWlODRCEHbnnBwGRA+DzFqh8Q6rRCUMKgLFtqAAMAoGCCqGSM49BAMCA0gAMEUCIC08NImXmO3OgWO7nPh8YPnPyQB/sHxcfIxcSpVTirdxAiEAvoUv5y2KP1xFpH1/rNBvktFn+8CmyVjV1FFepjEJQZI=',
  'base64',
);
const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;

describe('requestedOrganizations', () => {
  it('reads them', () => {
    expect(requestedOrganizations(pem(request))).toEqual(['system:masters']);
  });

  it('answers undefined for what is no request, and never throws', () => {
    const random = new SeededRandom(3);
    for (const text of ['', 'hello', pem(Buffer.alloc(0)), pem(Buffer.from([0x30])), pem(Buffer.from([0x30, 0xff]))])
      expect(requestedOrganizations(text)).toBeUndefined();
    for (let cut = 0; cut < 60; cut++) expect(requestedOrganizations(pem(request.subarray(0, cut)))).toBeUndefined();
    for (let round = 0; round < 2_000; round++) {
      const changed = Buffer.from(request);
      changed[Math.floor(random.next() * changed.length)] = Math.floor(random.next() * 256);
      const found = requestedOrganizations(pem(changed));
      expect(found === undefined || Array.isArray(found)).toBe(true);
    }
  });
});
