/**
 * How a program says which cluster it means. Nothing is guessed: `kubeconfig()` reads a file, `inCluster()` a Pod's service
 * account, and an embedded cluster offers the same interface. This folder turns them into transports; it sends no request.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { SystemClock, hasCode } from '@kubewright/core';
import type { Clock } from '@kubewright/core';
import { informerErrors } from '../errors/informer-errors.js';
import { StaticCredentials } from '../transport/credentials.js';
import type { Credentials } from '../transport/credentials.js';
import { HttpTransport } from '../transport/http-transport.js';
import type { ClusterConnection } from './cluster-connection.js';
import { ExecCredentials } from './exec-credentials.js';
import { mergeKubeconfigs, parseKubeconfig } from './kubeconfig-file.js';
import type { Kubeconfig, KubeconfigCluster, KubeconfigUser } from './kubeconfig-file.js';
import { TokenFile } from './token-file.js';

export interface KubeconfigOptions {
  /** The context to use. Default: the file's current context. */
  readonly context?: string;
  /** A file to read. Default: the files of the KUBECONFIG variable, or `~/.kube/config`. */
  readonly path?: string;
  /** The kubeconfig's text, instead of a file. */
  readonly text?: string;
  /** The namespace for objects that name none. Default: the context's, or `default`. */
  readonly namespace?: string;
  /** Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The cluster that a context of a kubeconfig names. Understands certificates and keys in line or in files, tokens, token
 * files, basic authentication and exec credential plugins (`client.authentication.k8s.io/v1` and `v1beta1`). Proxies,
 * impersonation and the removed auth providers are refused with an error.
 */
export function kubeconfig(options: KubeconfigOptions = {}): ClusterConnection {
  return {
    name: options.context ?? 'kubeconfig',
    async open({ clock = new SystemClock() } = {}) {
      const config = await load(options);
      const contextName = options.context ?? config.currentContext ?? '';
      const context = entry('context', config.contexts, contextName);
      const cluster = entry('cluster', config.clusters, context.cluster);
      const user = context.user === '' ? {} : entry('user', config.users, context.user);
      refuseUnsupported(cluster, user);
      const ca = await inlineOrFile(cluster.certificateAuthorityData, cluster.certificateAuthority);
      const transport = new HttpTransport({
        server: cluster.server,
        ca,
        tlsServerName: cluster.tlsServerName,
        insecureSkipTlsVerify: cluster.insecureSkipTlsVerify,
        credentials: await credentials(user, cluster, ca, clock),
      });
      return { transport, namespace: options.namespace ?? context.namespace ?? 'default' };
    },
  };
}

async function load({ path, text, env = process.env }: KubeconfigOptions): Promise<Kubeconfig> {
  if (text !== undefined) return parseKubeconfig(text, join(process.cwd(), 'kubeconfig'));
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((name) => name !== '');
  const paths = path !== undefined ? [path] : listed.length > 0 ? listed : [join(homedir(), '.kube', 'config')];
  const found: Kubeconfig[] = [];
  for (const file of new Set(paths)) {
    const content = await readFile(file, 'utf8').catch((cause: unknown) => {
      // As kubectl does, a file of the list that does not exist is passed over.
      if (hasCode(cause, 'ENOENT')) return undefined;
      throw informerErrors.KUBECONFIG_INVALID({ path: file, problem: 'it cannot be read' }, { cause });
    });
    if (content !== undefined) found.push(await parseKubeconfig(content, file));
  }
  if (found.length === 0) throw informerErrors.KUBECONFIG_NOT_FOUND({ paths });
  return mergeKubeconfigs(found);
}

function entry<T>(what: 'context' | 'cluster' | 'user', entries: ReadonlyMap<string, T>, name: string): T {
  const found = entries.get(name);
  if (found === undefined) throw informerErrors.KUBECONFIG_ENTRY_MISSING({ what, name, known: [...entries.keys()] });
  return found;
}

function refuseUnsupported(cluster: KubeconfigCluster, user: KubeconfigUser): void {
  const refuse = (feature: string, fix: string): never => {
    throw informerErrors.KUBECONFIG_UNSUPPORTED({ feature, fix });
  };
  if (cluster.proxyUrl !== undefined) refuse('proxy-url', 'connect to the API server directly, or through a tunnel');
  if (user.authProvider !== undefined)
    refuse(`the auth provider '${user.authProvider}'`, 'use an exec credential plugin instead');
  if (user.impersonate !== undefined) refuse('impersonation (as)', 'use a user of its own');
}

async function credentials(
  user: KubeconfigUser,
  cluster: KubeconfigCluster,
  ca: string | undefined,
  clock: Clock,
): Promise<Credentials> {
  if (user.exec !== undefined)
    return new ExecCredentials(
      user.exec,
      { server: cluster.server, ca, insecure: cluster.insecureSkipTlsVerify },
      clock,
    );
  // As in client-go: the file wins, and the token beside it stands in while the file cannot be read.
  if (user.tokenFile !== undefined) return new TokenFile(user.tokenFile, clock, user.token);
  const [cert, key] = await Promise.all([
    inlineOrFile(user.clientCertificateData, user.clientCertificate),
    inlineOrFile(user.clientKeyData, user.clientKey),
  ]);
  const authorization =
    user.token !== undefined ? `Bearer ${user.token}` : user.username !== undefined ? basic(user) : undefined;
  return new StaticCredentials({
    ...(authorization !== undefined && { authorization }),
    ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
  });
}

function basic({ username = '', password = '' }: KubeconfigUser): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

async function inlineOrFile(inline: string | undefined, path: string | undefined): Promise<string | undefined> {
  if (inline !== undefined) return Buffer.from(inline, 'base64').toString('utf8');
  if (path === undefined) return undefined;
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw informerErrors.CREDENTIAL_FILE({ path }, { cause });
  });
}
