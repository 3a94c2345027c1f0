/** A cluster's API server behind its HTTPS port, and users who have a token and nothing else. */
import { request as httpsRequest } from 'node:https';
import type { OutgoingHttpHeaders } from 'node:http';
import { Authenticator, TokenAuthenticator } from '@kubewright/apiserver';
import { EmbeddedCluster } from '@kubewright/cluster';
import { contribute } from '@kubewright/core';

export interface Reply {
  readonly status: number;
  readonly text: string;
  readonly body: {
    readonly kind?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly data?: Readonly<Record<string, string>>;
    readonly metadata?: { readonly name?: string; readonly annotations?: Readonly<Record<string, string>> };
    readonly items?: readonly { readonly metadata: { readonly name: string } }[];
    readonly status?: Readonly<Record<string, unknown>>;
  };
}

export interface Wish {
  readonly body?: object | string;
  /** Default: `application/json`. */
  readonly type?: string;
  /** A list is sent as one header each. */
  readonly headers?: OutgoingHttpHeaders;
  /** Ends the answer after its first piece, as of a watch. */
  readonly first?: boolean;
}

export type Ask = (method: string, path: string, wish?: Wish) => Promise<Reply>;

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

export const rbac = '/apis/rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';

export class FrontDoor implements AsyncDisposable {
  private constructor(
    private readonly cluster: EmbeddedCluster,
    /** The cluster's administrator. */
    readonly admin: Ask,
    /** Who shows nothing. */
    readonly nobody: Ask,
  ) {}

  /** Opens the door for users of these names. */
  static async open(...users: readonly string[]): Promise<FrontDoor> {
    const tokens = users.map((name) => ({ token: tokenOf(name), user: { name, groups: ['system:authenticated'] } }));
    const known = contribute(Authenticator, { value: new TokenAuthenticator(tokens) });
    const cluster = new EmbeddedCluster({ listen: true, nodes: 0 }).use({ name: 'known-users', contributes: [known] });
    await cluster.serve();
    const token = /token: "?([^"\s]+)/.exec(cluster.kubeconfig())?.[1] ?? '';
    return new FrontDoor(cluster, asker(cluster.url, bearer(token)), asker(cluster.url, {}));
  }

  as(user: string): Ask {
    return asker(this.cluster.url, bearer(tokenOf(user)));
  }

  /** Lets a user do what the rules say: everywhere, or in one namespace. */
  async allow(user: string, rules: readonly object[], namespace?: string): Promise<void> {
    const [place, prefix] = namespace === undefined ? [rbac, 'Cluster'] : [`${rbac}/namespaces/${namespace}`, ''];
    const metadata = { name: `of-${user}` };
    const role = await this.admin('POST', `${place}/${prefix.toLowerCase()}roles`, { body: { metadata, rules } });
    const roleRef = { apiGroup, kind: `${prefix}Role`, name: metadata.name };
    const subjects = [{ kind: 'User', apiGroup, name: user }];
    const body = { metadata, roleRef, subjects };
    const binding = await this.admin('POST', `${place}/${prefix.toLowerCase()}rolebindings`, { body });
    if (role.status !== 201 || binding.status !== 201) throw new Error(`${role.text}\n${binding.text}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cluster.stop();
  }
}

const tokenOf = (user: string): string => `token-of-${user}`;
const bearer = (token: string): OutgoingHttpHeaders => ({ authorization: `Bearer ${token}` });

/** Certificates are not what is tested here: the connection is not verified. */
function asker(url: string, credentials: OutgoingHttpHeaders): Ask {
  return (method, path, { body, type = 'application/json', headers = {}, first = false } = {}) =>
    new Promise((resolve, reject) => {
      // A text would be sent together with the headers, and change how those are encoded.
      const bytes = Buffer.from(typeof body === 'object' ? JSON.stringify(body) : (body ?? ''));
      // Without a length, the body of a DELETE would be taken for the next request.
      const content = body === undefined ? {} : { 'content-type': type, 'content-length': bytes.length };
      const all = { ...credentials, ...content, ...headers };
      const { hostname: host, port } = new URL(url);
      const tls = { rejectUnauthorized: false, agent: false };
      const sent = httpsRequest({ host, port, path, method, headers: all, timeout: 20_000, ...tls }, (response) => {
        const chunks: Buffer[] = [];
        const finish = (): void => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, text, body: parsed(text) });
        };
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (!first) return;
          finish();
          sent.destroy();
        });
        response.on('end', finish);
        response.on('error', reject);
      });
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} was not answered`)));
      sent.on('error', reject);
      sent.end(bytes);
    });
}

function parsed(text: string): Reply['body'] {
  try {
    return JSON.parse(text) as Reply['body'];
  } catch {
    return {};
  }
}
