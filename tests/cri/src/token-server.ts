import { execFileSync } from 'node:child_process';
import { createPrivateKey, sign } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { RegistryAuth } from './docker-registry.js';

/** A server of tokens for a registry: they are good for what is asked for, but only `user` with `pass` gets one. */
export class TokenServer implements AsyncDisposable {
  readonly #server: Server;
  #directory = '';

  private constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://localhost');
      const expected = `Basic ${Buffer.from('user:pass').toString('base64')}`;
      if (request.headers.authorization !== expected) return void response.writeHead(401).end();
      const [type, name, actions = ''] = (url.searchParams.get('scope') ?? '').split(':');
      const access = [{ type, name, actions: actions.split(',') }];
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ token: this.#token(access), expires_in: 300 }));
    });
  }

  static async start(): Promise<TokenServer> {
    const server = new TokenServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  /** The registry's side: it trusts whom this server's certificate is of. */
  readonly auth: RegistryAuth = async (directory) => {
    this.#directory = directory;
    const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const subject = ['-subj', '/CN=tokens', '-days', '1'];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, ...subject],
      {
        stdio: 'ignore',
      },
    );
    const { port } = this.#server.address() as AddressInfo;
    const realm = `http://127.0.0.1:${port}/token`;
    return `auth: { token: { realm: '${realm}', service: test, issuer: tests, rootcertbundle: ${certificate} } }`;
  };

  #token(access: readonly object[]): string {
    const pem = readFileSync(join(this.#directory, 'cert.pem'), 'utf8');
    const certificate = pem.replace(/-----[A-Z ]+-----|\s/g, '');
    const now = Math.floor(new Date().getTime() / 1000);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = {
      iss: 'tests',
      sub: 'user',
      aud: 'test',
      iat: now,
      nbf: now - 10,
      exp: now + 300,
      jti: '1',
      access,
    };
    const text = `${part({ typ: 'JWT', alg: 'RS256', x5c: [certificate] })}.${part(claims)}`;
    const key = createPrivateKey(readFileSync(join(this.#directory, 'key.pem')));
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}
