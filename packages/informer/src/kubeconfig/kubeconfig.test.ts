import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@kubewright/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { informerErrors } from '../errors/informer-errors.js';
import { ExecCredentials } from './exec-credentials.js';
import { inCluster } from './in-cluster.js';
import { kubeconfig } from './kubeconfig.js';
import { mergeKubeconfigs, parseKubeconfig } from './kubeconfig-file.js';
import { TokenFile } from './token-file.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewright-kubeconfig-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const file = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};

const config = (user: string, cluster = 'server: http://127.0.0.1:9'): string => `
current-context: main
contexts: [{ name: main, context: { cluster: c, user: u, namespace: team } }]
clusters: [{ name: c, cluster: { ${cluster} } }]
users: [{ name: u, user: ${user} }]
`;

/** The Authorization header that a connection sends. */
async function authorizationOf(text: string): Promise<string | undefined> {
  let seen: string | undefined;
  const server = createServer((request, response) => {
    seen = request.headers.authorization;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { transport } = await kubeconfig({ text: text.replace('http://127.0.0.1:9', url) }).open();
  for await (const _chunk of (await transport.send({ method: 'GET', path: '/' })).body);
  await transport.close();
  await new Promise((resolve) => server.close(resolve));
  return seen;
}

describe('kubeconfig', () => {
  it('merges files, the first that names something wins, and paths are relative to their file', async () => {
    const first = await parseKubeconfig('clusters: [{ name: c, cluster: { server: https://one } }]', '/a/config');
    const second = await parseKubeconfig(
      'current-context: x\nclusters: [{ name: c, cluster: { server: https://two } }, { name: d, cluster: { server: https://d, certificate-authority: ca.crt } }]',
      '/b/config',
    );
    const merged = mergeKubeconfigs([first, second]);
    expect(merged.currentContext).toBe('x');
    expect(merged.clusters.get('c')?.server).toBe('https://one');
    expect(merged.clusters.get('d')).toMatchObject({ server: 'https://d', certificateAuthority: '/b/ca.crt' });
  });

  it('reads the files of KUBECONFIG, passing over those that do not exist', async () => {
    const path = await file('config', config('{ token: t }'));
    const { namespace, transport } = await kubeconfig({ env: { KUBECONFIG: `/does/not/exist:${path}` } }).open();
    expect(namespace).toBe('team');
    await transport.close();
    await expect(kubeconfig({ env: { KUBECONFIG: '/does/not/exist' } }).open()).rejects.toSatisfy(
      informerErrors.KUBECONFIG_NOT_FOUND.is,
    );
  });

  it('sends tokens, token files and passwords', async () => {
    expect(await authorizationOf(config('{ token: abc }'))).toBe('Bearer abc');
    expect(await authorizationOf(config(`{ tokenFile: ${await file('token', 'from-file\n')} }`))).toBe(
      'Bearer from-file',
    );
    const beside = (path: string): string => config(`{ token: beside, tokenFile: ${path} }`);
    expect(await authorizationOf(beside(join(folder, 'no-such-token')))).toBe('Bearer beside');
    expect(await authorizationOf(beside(await file('token', 'from-file\n')))).toBe('Bearer from-file');
    expect(await authorizationOf(config('{ username: me, password: secret }'))).toBe(
      `Basic ${Buffer.from('me:secret').toString('base64')}`,
    );
    expect(await authorizationOf(config('{}'))).toBeUndefined();
  });

  const refused: [string, string, RegExp][] = [
    ['a proxy', config('{}', 'server: https://x, proxy-url: http://p'), /proxy-url.*not supported/],
    ['an auth provider', config('{ auth-provider: { name: gcp } }'), /auth provider 'gcp'/],
    ['impersonation', config('{ as: admin }'), /impersonation/],
    [
      'a missing context',
      'current-context: gone\ncontexts: [{ name: here, context: {} }]',
      /no context named 'gone': it has here/,
    ],
    ['no context at all', 'contexts: []', /no context is selected/],
    ['a server that is none', config('{}', 'server: "localhost"'), /not an API server's address/],
    ['what is not YAML', '{', /is not YAML/],
    ['a list that is none', 'clusters: 5', /clusters is not a list/],
    ['an entry without a name', 'users: [{ user: {} }]', /has no name/],
    ['a field of the wrong type', config('{ token: 5 }'), /token is not a string/],
  ];
  for (const [name, text, message] of refused)
    it(`refuses ${name}`, () => expect(kubeconfig({ text }).open()).rejects.toThrow(message));
});

describe('TokenFile', () => {
  it('reads the token again after a minute, at once when it was refused, and keeps the last one it could read', async () => {
    const clock = new FakeClock();
    const path = await file('rotating', 'one');
    const credentials = new TokenFile(path, clock);
    const token = async (): Promise<string | undefined> => (await credentials.get()).authorization;
    expect(await token()).toBe('Bearer one');
    await writeFile(path, 'two');
    expect(await token()).toBe('Bearer one');
    await clock.advance(60_000);
    expect(await token()).toBe('Bearer two');
    await writeFile(path, 'three');
    credentials.invalidate();
    expect(await token()).toBe('Bearer three');
    await rm(path);
    credentials.invalidate();
    expect(await token()).toBe('Bearer three');
    await expect(new TokenFile(path, clock).get()).rejects.toSatisfy(informerErrors.CREDENTIAL_FILE.is);
  });
});

describe('inCluster', () => {
  it('uses the files of the service account, and says what is missing', async () => {
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    await expect(inCluster({ env: {} }).open()).rejects.toThrow(/KUBERNETES_SERVICE_HOST/);
    await expect(inCluster({ env, directory: join(folder, 'none') }).open()).rejects.toThrow(/none.* is missing/);
    await Promise.all([file('ca.crt', 'CA'), file('namespace', 'mine\n'), file('token', 't')]);
    const { namespace, transport } = await inCluster({ env, directory: folder }).open();
    expect(namespace).toBe('mine');
    await transport.close();
  });
});

describe('ExecCredentials', () => {
  const plugin = (script: string) => ({
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: ['-e', script],
    env: { EXTRA: 'given' },
    interactiveMode: 'Never',
    provideClusterInfo: true,
    installHint: 'install it so',
  });
  const cluster = { server: 'https://s', ca: 'CA', insecure: false };
  const answer = (status: object): string =>
    `console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: ${JSON.stringify(status)} }))`;

  it('runs the program once for many, and again when the credential expires or is refused', async () => {
    const clock = new FakeClock();
    const log = join(folder, 'runs');
    const script = `require('fs').appendFileSync(${JSON.stringify(log)}, process.env.EXTRA + JSON.parse(process.env.KUBERNETES_EXEC_INFO).spec.cluster.server); ${answer({ token: 'secret', expirationTimestamp: '2026-01-01T01:00:00Z' })}`;
    const credentials = new ExecCredentials(plugin(script), cluster, clock);
    const runs = async (): Promise<number> => (await readFile(log, 'utf8')).split('givenhttps://s').length - 1;
    expect(await Promise.all([credentials.get(), credentials.get()])).toEqual([
      { authorization: 'Bearer secret' },
      { authorization: 'Bearer secret' },
    ]);
    await credentials.get();
    expect(await runs()).toBe(1);
    credentials.invalidate();
    await credentials.get();
    expect(await runs()).toBe(2);
    await clock.advance(3_595_000);
    await credentials.get();
    expect(await runs()).toBe(3);
    expect(clock.timers).toBe(0);
  });

  const failures: [string, string, RegExp][] = [
    ['a failing program', 'process.exit(3)', /exit code 3[^]*install it so/],
    ['no JSON', 'console.log("token: secret")', /output is not JSON/],
    ['another document', 'console.log("{}")', /not an ExecCredential/],
    ['nothing in it', answer({}), /neither a token/],
    ['a token that is none', answer({ token: 5 }), /status.token is not a string/],
    ['an empty token', answer({ token: '' }), /neither a token/],
    ['nothing but null', answer({ token: null, clientCertificateData: null }), /neither a token/],
    ['a certificate with an empty key', answer({ clientCertificateData: 'C', clientKeyData: '' }), /neither a token/],
    ['a token with a line break', answer({ token: 'secret\r\nx: y' }), /characters that no token has/],
    ['a status that is none', answer(5 as never), /neither a token/],
    ['a date that is no RFC 3339', answer({ token: 'x', expirationTimestamp: '5' }), /not a time/],
    ['too much', 'process.stdout.write("x".repeat(3_000_000))', /wrote more than/],
    ['a time that is none', answer({ token: 'x', expirationTimestamp: 'soon' }), /not a time/],
  ];
  for (const [name, script, message] of failures) {
    it(`refuses ${name}, and tells no secret`, async () => {
      const error: unknown = await new ExecCredentials(plugin(script), cluster, new FakeClock())
        .get()
        .catch((thrown: unknown) => thrown);
      expect(String(error)).toMatch(message);
      expect(String(error)).not.toContain('secret');
    });
  }

  it('takes null and the empty text for what is not there', async () => {
    const status = { token: 't', expirationTimestamp: null, clientCertificateData: null, clientKeyData: '' };
    const credentials = new ExecCredentials(plugin(answer(status)), cluster, new FakeClock());
    expect(await credentials.get()).toEqual({ authorization: 'Bearer t' });
  });

  it('is not run for every request where its credentials are over as they come', async () => {
    const clock = new FakeClock();
    const log = join(folder, 'expired');
    const script = `require('fs').appendFileSync(${JSON.stringify(log)}, 'x'); ${answer({ token: 't', expirationTimestamp: '2020-01-01T00:00:00Z' })}`;
    const credentials = new ExecCredentials(plugin(script), cluster, clock);
    for (let request = 0; request < 5; request++) await credentials.get();
    expect(await readFile(log, 'utf8')).toBe('x');
    await clock.advance(10_000);
    await credentials.get();
    expect(await readFile(log, 'utf8')).toBe('xx');
  });

  it('refuses a program that is not there, and a version that it does not know', async () => {
    await expect(
      new ExecCredentials({ ...plugin(''), command: '/no/such/program' }, cluster, new FakeClock()).get(),
    ).rejects.toThrow(/cannot be started/);
    expect(() => new ExecCredentials({ ...plugin(''), apiVersion: 'v0' }, cluster, new FakeClock())).toThrow(
      /apiVersion 'v0'/,
    );
  });
});
