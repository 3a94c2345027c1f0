import { hostname } from 'node:os';
import type { Clock, Random } from '@kubewright/core';

/** Milliseconds after which a certificate is replaced, long before its end after a year. */
export const certificateRenewal = 30 * 24 * 60 * 60 * 1000;

/** A certificate that no authority vouches for: it keeps what is said from those who listen, and proves nothing. */
export async function ownCertificate(
  clock: Clock,
  random: Random,
): Promise<{ readonly certificate: string; readonly key: string }> {
  // Loaded where it is needed: most programs are given a certificate, or listen where none is needed.
  const { CertificateAuthority } = await import('@kubewright/pki');
  const host = hostname();
  return CertificateAuthority.create(`${host}-ca`, clock, random).issue({
    commonName: host,
    usage: 'server',
    hosts: [host, 'localhost', '127.0.0.1', '::1'],
  });
}
