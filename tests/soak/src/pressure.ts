/** Bad requests of one user against an API server, and how long an ordinary GET of another takes meanwhile. */
import { Agent, request } from 'node:https';
import type { ClientRequest } from 'node:http';
import { EmbeddedCluster } from '@kubewright/cluster';
import { SystemClock } from '@kubewright/core';

export interface PressureReport {
  /** Medians of the GET, in milliseconds. */
  readonly idle: number;
  readonly loaded: number;
  /** How many bad requests were answered, by their status. */
  readonly answers: Readonly<Record<string, number>>;
}

interface Server {
  readonly url: string;
  readonly ca: string;
  readonly token: string;
}

interface Wish {
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  /** Bytes, where making them of a text would take this process's time over and over. */
  readonly body?: string | Buffer;
}

const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const things = '/apis/soak.example.com/v1/namespaces/default/things';
/** Who misbehaves: one of a group, each as if he were alone, so that nobody is turned away because another one waits. */
const eve = (n: number) => ({ 'impersonate-user': `eve-${n}`, 'impersonate-group': 'eves' });
const json = { 'content-type': 'application/json' };
const yaml = { 'content-type': 'application/yaml' };

/** What nobody should send: large texts of YAML, values that many patterns could match in many ways. */
const bad: readonly Wish[] = [
  { method: 'POST', path: reviews, headers: yaml, body: Buffer.alloc(2_900_000, '"') },
  { method: 'POST', path: reviews, headers: yaml, body: Buffer.alloc(2_900_000, '\n') },
  { method: 'POST', path: reviews, headers: yaml, body: `a: ${'['.repeat(50_000)}` },
  {
    method: 'POST',
    path: things,
    headers: json,
    body: JSON.stringify({
      apiVersion: 'soak.example.com/v1',
      kind: 'Thing',
      metadata: { name: 'a' },
      spec: { word: `${'a'.repeat(5_000)}!` },
    }),
  },
];

/**
 * Keeps fifty bad requests under way, twenty of them with bodies that never arrive, and asks for a namespace all the while.
 *
 * @param rounds - how many GETs each median is made of.
 */
export async function pressure(rounds: number): Promise<PressureReport> {
  await using cluster = await new EmbeddedCluster({ listen: true, nodes: 0 }).serve();
  const server = serverOf(cluster);
  await prepare(server);
  using agent = ended(new Agent({ ca: server.ca, keepAlive: true, maxSockets: 1 }));
  await median(server, agent, rounds); // Until the code is warm.
  const idle = await median(server, agent, rounds);

  const clock = new SystemClock();
  const stop = new AbortController();
  const answers: Record<string, number> = {};
  const loops = Array.from({ length: 30 }, async (_, n) => {
    using own = ended(new Agent({ ca: server.ca, keepAlive: true, maxSockets: 1 }));
    const wish = bad[n % bad.length] as Wish;
    const asked = { ...wish, headers: { ...wish.headers, ...eve(n) } };
    while (!stop.signal.aborted) {
      const status = await call(server, own, asked).catch(() => 0);
      answers[status] = (answers[status] ?? 0) + 1;
      // As a client does that is told to try again later.
      await clock.sleep(1_000, stop.signal).catch(() => undefined);
    }
  });
  const slow = Array.from({ length: 20 }, (_, n) => stuck(server, n));
  try {
    return { idle, loaded: await median(server, agent, rounds), answers };
  } finally {
    stop.abort();
    for (const each of slow) each.destroy();
    await cluster.stop();
    await Promise.all(loops);
  }
}

function serverOf(cluster: EmbeddedCluster): Server {
  const text = cluster.kubeconfig();
  const find = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? '';
  return {
    url: cluster.url,
    ca: Buffer.from(find(/certificate-authority-data: (\S+)/), 'base64').toString(),
    token: JSON.parse(find(/token: (".*")/)) as string,
  };
}

/** A kind with a pattern that a backtracking matcher dies of, and the right to make things of it. */
async function prepare(server: Server): Promise<void> {
  using agent = ended(new Agent({ ca: server.ca, keepAlive: true }));
  const word = { type: 'string', pattern: '^(a+)+$' };
  const spec = { type: 'object', properties: { word } };
  const openAPIV3Schema = { type: 'object', properties: { spec } };
  const names = { plural: 'things', kind: 'Thing' };
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }];
  const rbac = 'rbac.authorization.k8s.io';
  const objects: [path: string, object: object][] = [
    [
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      {
        metadata: { name: 'things.soak.example.com' },
        spec: { group: 'soak.example.com', scope: 'Namespaced', names, versions },
      },
    ],
    [
      `/apis/${rbac}/v1/clusterroles`,
      {
        metadata: { name: 'eve' },
        rules: [
          { apiGroups: ['soak.example.com'], resources: ['things'], verbs: ['create'] },
          { apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews'], verbs: ['create'] },
        ],
      },
    ],
    [
      `/apis/${rbac}/v1/clusterrolebindings`,
      {
        metadata: { name: 'eve' },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'eve' },
        subjects: [{ apiGroup: rbac, kind: 'Group', name: 'eves' }],
      },
    ],
  ];
  for (const [path, object] of objects) {
    const status = await call(server, agent, { method: 'POST', path, headers: json, body: JSON.stringify(object) });
    if (status !== 201) throw new Error(`${path} was answered ${status}`);
  }
  while ((await call(server, agent, { method: 'GET', path: things })) === 404);
}

async function median(server: Server, agent: Agent, rounds: number): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const started = performance.now();
    const status = await call(server, agent, { method: 'GET', path: '/api/v1/namespaces/default' });
    if (status !== 200) throw new Error(`a GET was answered ${status}`);
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
}

/** The status of the answer, which is read to its end. */
function call({ url, token }: Server, agent: Agent, { method, path, headers = {}, body }: Wish): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, url),
      { method, agent, headers: { authorization: `Bearer ${token}`, ...headers } },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
        response.once('error', reject);
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

/** A request whose body never arrives. */
function stuck({ url, token, ca }: Server, n: number): ClientRequest {
  const headers = { authorization: `Bearer ${token}`, ...eve(n), ...json, 'content-length': '100' };
  const sent = request(new URL(reviews, url), { method: 'POST', agent: false, ca, headers });
  sent.on('error', () => undefined);
  sent.write('{');
  return sent;
}

function ended(agent: Agent): Agent & Disposable {
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() });
}
