/** The kubeconfig by which kubectl and other clients reach an embedded cluster. Reading kubeconfigs is `informer`'s part. */
import { messageOf } from '@kubewright/core';
import { clusterErrors } from '../errors/cluster-errors.js';
import { writePrivateFile } from '../data-directory/private-file.js';

export interface KubeconfigContent {
  /** Names cluster, user and context. */
  readonly name: string;
  /** As `https://127.0.0.1:6443`. */
  readonly server: string;
  /** The certificates to trust, PEM. */
  readonly certificateAuthority: string;
  /** The bearer token of the user. */
  readonly token: string;
}

/** A kubeconfig of one cluster, one user and one context, which is the current one. */
export function renderKubeconfig({ name, server, certificateAuthority, token }: KubeconfigContent): string {
  // A JSON string is a YAML string too, so nothing in a value can end it.
  const text = (value: string): string => JSON.stringify(value);
  return `apiVersion: v1
kind: Config
clusters:
  - name: ${text(name)}
    cluster:
      server: ${text(server)}
      certificate-authority-data: ${Buffer.from(certificateAuthority).toString('base64')}
users:
  - name: ${text(name)}
    user:
      token: ${text(token)}
contexts:
  - name: ${text(name)}
    context:
      cluster: ${text(name)}
      user: ${text(name)}
current-context: ${text(name)}
`;
}

/** Writes a kubeconfig of its own, as a whole and for its owner's eyes; it is never merged into another one. */
export async function writeKubeconfig(path: string, content: KubeconfigContent): Promise<void> {
  await writePrivateFile(path, renderKubeconfig(content)).catch((cause: unknown) => {
    throw clusterErrors.KUBECONFIG_NOT_WRITTEN({ path, reason: messageOf(cause) }, { cause });
  });
}
