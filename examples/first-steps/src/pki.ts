import { SystemClock, SystemRandom } from '@kubewright/core';
import { CertificateAuthority } from '@kubewright/pki';

const authority = CertificateAuthority.create('example-ca', new SystemClock(), new SystemRandom());
export const server = authority.issue({ commonName: 'web', usage: 'server', hosts: ['localhost', '127.0.0.1'] });
export const user = authority.issue({ commonName: 'jane', organizations: ['developers'], usage: 'client' });
