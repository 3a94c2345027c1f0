/**
 * A cluster's own certificates: an authority that signs them, and what a certificate request asks for.
 *
 * @packageDocumentation
 */
export { CertificateAuthority } from './authority/certificate-authority.js';
export type { CertificateRequest, CertificateKeyPair, Subject } from './authority/certificate-authority.js';
export { requestedOrganizations } from './request/requested-organizations.js';
export { pkiErrors } from './errors.js';
