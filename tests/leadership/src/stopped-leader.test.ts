import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { compareResourceVersion } from '@kubewright/api';
import { Lease } from '@kubewright/api/coordination/v1';
import { ConfigMap } from '@kubewright/api/core/v1';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import { Client } from '@kubewright/informer';
import type { ApiRequest, Transport } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../dist/programs/stubborn-leader.js', import.meta.url));

interface Port extends AsyncDisposable {
  readonly url: string;
}

/** Opens a server's transport on the loopback address, for programs. */
async function openPort(transport: Transport): Promise<Port> {
  const server = createServer((request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answer = async (): Promise<void> => {
      const { method = 'GET', url = '', headers } = request;
      const type = headers['content-type'];
      const {
        status,
        headers: said,
        body,
      } = await transport.send(
        {
          method: method as ApiRequest['method'],
          path: url,
          headers: { accept: 'application/json', ...(type !== undefined && { 'content-type': type }) },
          body: await buffer(request),
        },
        gone.signal,
      );
      response.writeHead(status, said);
      await pipeline(Readable.from(body), response);
    };
    answer().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A copy of the program, killed when it is disposed of. */
function startCopy(url: string, identity: string) {
  const child = spawn(process.execPath, [program, url, identity], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const heard = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const listener of heard) listener();
  });
  /** Resolves when a line has begun so, counting from `from`; rejects when the program ends before. */
  const says = async (text: string, from = 0): Promise<void> => {
    while (!lines.slice(from).some((line) => line.startsWith(text))) {
      const next = new Promise<void>((resolve) => heard.add(resolve));
      const ended = exited.then(() => Promise.reject(new Error(`${identity} ended and never ${text}`)));
      await Promise.race([next, ended]);
    }
  };
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    says,
    lines,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

describe('a leader that is stopped for longer than its Lease and goes on', { timeout: 60_000 }, () => {
  it.each([1, 2])('has written nothing after another took the Lease (round %i)', async () => {
    const server = await startTestApiServer();
    await using _server = { [Symbol.asyncDispose]: () => server.stop() };
    await using port = await openPort(server.transport);
    const client = new Client({ transport: server.transport, namespace: 'default' });
    await client.create(ConfigMap, { metadata: { name: 'work', namespace: 'default' } });
    await using first = startCopy(port.url, 'first');
    await first.says('wrote');
    await using second = startCopy(port.url, 'second');
    first.kill('SIGSTOP');
    let taken = '';
    for await (const { object } of client.watch(Lease, {
      namespace: 'default',
      fieldSelector: 'metadata.name=program',
    })) {
      taken = object.metadata.resourceVersion ?? '';
      if (object.spec?.holderIdentity === 'second') break;
    }
    await second.says('wrote');
    first.kill('SIGCONT');
    await first.says('refused');
    const { items } = await client.list(ConfigMap, { namespace: 'default', labelSelector: 'writer=first' });
    expect(items.length).toBeGreaterThan(0);
    const late = items.filter(({ metadata }) => compareResourceVersion(metadata.resourceVersion ?? '', taken) > 0);
    expect(late.map(({ metadata }) => metadata.name)).toEqual([]);
  });
});
