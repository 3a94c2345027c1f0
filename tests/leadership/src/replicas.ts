/** Copies of the website operator on one embedded API server, each behind a port of its own. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Lease } from '@kubewright/api/coordination/v1';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import { SystemClock } from '@kubewright/core';
import { Client } from '@kubewright/informer';
import { startProgram } from './program.js';
import type { Program } from './program.js';
import { openPort } from './watched-port.js';
import type { WatchedPort } from './watched-port.js';

const clock = new SystemClock();
const require = createRequire(import.meta.url);
const operator = require.resolve('@kubewright/example-website-operator/dist/operator.js');

export interface Replica {
  readonly name: string;
  readonly program: Program;
  readonly port: WatchedPort;
  /** What `/readyz` answers; undefined where nothing is served. */
  ready(): Promise<{ readonly status: number; readonly text: string } | undefined>;
  /** Resolves when `/readyz` answers 200; rejects when the program ends before. */
  untilReady(): Promise<void>;
}

export interface Replicas extends AsyncDisposable {
  readonly client: Client;
  start(): Promise<Replica>;
  /** All that were ever started. */
  readonly all: readonly Replica[];
  /** Who holds the Lease, by name; `''` for nobody. */
  leader(): Promise<string>;
  /** Resolves with the leader's name when it is another than `name`. */
  untilOther(name: string): Promise<string>;
}

/** @param leaseSeconds - of the election among them. */
export async function startReplicas(leaseSeconds: number): Promise<Replicas> {
  const server = await startTestApiServer();
  const folder = await mkdtemp(join(tmpdir(), 'kubewright-leadership-'));
  const client = new Client({ transport: server.transport, namespace: 'default' });
  const all: Replica[] = [];
  let started = 0;
  const nameOf = (lease: { readonly spec?: { readonly holderIdentity?: string } }): string =>
    (lease.spec?.holderIdentity ?? '').split('_')[0] ?? '';
  return {
    client,
    all,
    async start() {
      const name = `replica-${started++}`;
      const port = await openPort(server.transport);
      const path = join(folder, `${name}.kubeconfig`);
      await writeFile(path, kubeconfigFor(port.url));
      const healthPort = await freePort();
      const program = startProgram(operator, [], {
        KUBECONFIG: path,
        HOSTNAME: name,
        HEALTH_PORT: String(healthPort),
        LEASE_SECONDS: String(leaseSeconds),
      });
      const ready = async (): ReturnType<Replica['ready']> => {
        // Its certificate is the program's own, which a probe does not judge.
        const asked = get(`https://127.0.0.1:${healthPort}/readyz`, { rejectUnauthorized: false });
        try {
          const [response] = (await once(asked, 'response')) as [IncomingMessage];
          return { status: response.statusCode ?? 0, text: await text(response) };
        } catch {
          return undefined;
        }
      };
      const untilReady = async (): Promise<void> => {
        for (let answer = await ready(); answer?.status !== 200; answer = await ready()) {
          if (program.hasExited) throw new Error(`${name} has ended:\n${program.lines.join('\n')}`);
          await clock.sleep(50);
        }
      };
      const replica = { name, program, port, ready, untilReady };
      all.push(replica);
      return replica;
    },
    leader: async () => nameOf(await client.get(Lease, { name: 'website-operator' })),
    async untilOther(name) {
      for await (const { type, object } of client.watch(Lease, {
        namespace: 'default',
        fieldSelector: 'metadata.name=website-operator',
      })) {
        if (type === 'BOOKMARK' || type === 'DELETED') continue;
        const holder = nameOf(object);
        if (holder !== '' && holder !== name) return holder;
      }
      throw new Error('the watch of the Lease ended');
    },
    async [Symbol.asyncDispose]() {
      for (const { program, port } of all) {
        await program[Symbol.asyncDispose]();
        await port[Symbol.asyncDispose]();
      }
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

function kubeconfigFor(url: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: url } }],
    users: [{ name: 'test', user: {} }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'default' } }],
    'current-context': 'test',
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
