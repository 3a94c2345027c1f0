import { Plugin, last } from '@kubewright/core';
import { Authenticator } from './authenticator.js';
import type { AuthenticationRequest, User } from './authenticator.js';

/**
 * Client certificates: the common name is the user, the organizations are its groups. The TLS layer has verified the
 * certificate against the server's authority before a request gets here.
 */
@Plugin({ name: 'certificate-authenticator', contributes: [last(Authenticator)] })
export class CertificateAuthenticator implements Authenticator {
  authenticate({ certificate }: AuthenticationRequest): Promise<User | undefined> {
    if (certificate === undefined || certificate.commonName === '') return Promise.resolve(undefined);
    return Promise.resolve({
      name: certificate.commonName,
      groups: [...certificate.organizations, 'system:authenticated'],
    });
  }
}
