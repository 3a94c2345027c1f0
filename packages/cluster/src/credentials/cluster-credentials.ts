/**
 * Who the cluster's authority is and how its administrator proves who he is. Kept in the data directory where there is one,
 * made anew otherwise. The server's own certificate is not kept: each start issues one, so it never expires.
 */
import type { User } from '@kubewright/apiserver';
import { Clock, Plugin, Random, inject, messageOf } from '@kubewright/core';
import type { Lifecycle } from '@kubewright/core';
import { CertificateAuthority } from '@kubewright/pki';
import { DataDirectory } from '../data-directory/data-directory.js';
import { clusterErrors } from '../errors/cluster-errors.js';

/** Whom the kubeconfig of an embedded cluster logs in: kubeadm's name for its administrator. */
export const clusterAdmin: User = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };

interface StoredCredentials {
  readonly authority: { readonly certificate: string; readonly key: string };
  readonly adminToken: string;
}

const file = 'credentials.json';

@Plugin({ name: 'cluster-credentials', stage: 'foundation' })
export class ClusterCredentials implements Lifecycle {
  #authority: CertificateAuthority | undefined;
  #adminToken = '';

  constructor(
    @inject(DataDirectory) private readonly directory: DataDirectory,
    @inject(Clock) private readonly clock: Clock,
    @inject(Random) private readonly random: Random,
  ) {}

  async start(): Promise<void> {
    const stored = await this.directory.read(file);
    if (stored !== undefined) this.#load(stored);
    else await this.#create();
  }

  /** Signs the server's certificate; clients trust its own. */
  get authority(): CertificateAuthority {
    if (this.#authority === undefined) throw clusterErrors.NOT_SERVING({});
    return this.#authority;
  }

  /** The administrator's bearer token. */
  get adminToken(): string {
    return this.#adminToken;
  }

  #load(text: string): void {
    try {
      const { authority, adminToken } = JSON.parse(text) as StoredCredentials;
      if (typeof adminToken !== 'string' || adminToken.length < 32)
        throw new TypeError('the token is missing or too short');
      this.#authority = CertificateAuthority.load(authority, this.clock, this.random);
      this.#adminToken = adminToken;
    } catch (cause) {
      const problem = messageOf(cause);
      throw clusterErrors.CREDENTIALS_INVALID({ path: `${this.directory.path}/${file}`, problem }, { cause });
    }
  }

  async #create(): Promise<void> {
    this.#authority = CertificateAuthority.create('kubewright-ca', this.clock, this.random);
    this.#adminToken = Buffer.from(this.random.bytes(32)).toString('base64url');
    const stored: StoredCredentials = { authority: this.#authority.credentials(), adminToken: this.#adminToken };
    await this.directory.write(file, JSON.stringify(stored));
  }
}
