import type { KubeObject } from '@kubewright/api';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import { controllerHost, connectTo, kindOf } from '@kubewright/controller';
import type { Resource } from '@kubewright/controller';
import { Host } from '@kubewright/core';
import type { PluginLike } from '@kubewright/core';
import { Client } from '@kubewright/informer';
import type { ApiRequest, Transport } from '@kubewright/informer';

export interface Harness extends AsyncDisposable {
  readonly host: Host;
  /** Somebody else's client, not the controllers'. */
  readonly client: Client;
  /** Every write that came from the controllers, as `PATCH /path`. */
  readonly writes: string[];
  /** Resolves with the object as soon as it fulfils the condition; rejects after ten seconds with its last state. */
  until<T extends KubeObject>(resource: Resource<T>, name: string, isMet: (object: T) => boolean): Promise<T>;
  /** Resolves when the object is gone. */
  untilGone(resource: Resource, name: string): Promise<void>;
}

/** An API server with the given controllers working on it. */
export async function startHarness(...plugins: readonly PluginLike[]): Promise<Harness> {
  const server = await startTestApiServer();
  const writes: string[] = [];
  const recording: Transport = {
    send: (request: ApiRequest, signal) => {
      if (request.method !== 'GET' && !request.path.includes('/events'))
        writes.push(`${request.method} ${request.path.split('?')[0]}`);
      return server.transport.send(request, signal);
    },
    close: () => Promise.resolve(),
  };
  const connection = { name: 'test', open: () => Promise.resolve({ transport: recording, namespace: 'default' }) };
  const host = new Host({ name: 'test' }).use(connectTo(connection)).use(controllerHost);
  for (const plugin of plugins) host.use(plugin);
  await host.start();
  const client = new Client({ transport: server.transport, namespace: 'default' });
  const watchUntil = async <T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    isMet: (type: string, object: T) => boolean,
  ): Promise<T> => {
    const signal = AbortSignal.timeout(10_000);
    let last: T | undefined;
    try {
      for await (const { type, object } of client.watch(kindOf(resource), {
        namespace: 'default',
        fieldSelector: `metadata.name=${name}`,
        signal,
      })) {
        if (type === 'BOOKMARK') continue;
        last = object;
        if (isMet(type, object)) return object;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    throw new Error(`${name} never got there: ${JSON.stringify(last)}`);
  };
  return {
    host,
    client,
    writes,
    until: (resource, name, isMet) => watchUntil(resource, name, (type, object) => type !== 'DELETED' && isMet(object)),
    untilGone: async (resource, name) => void (await watchUntil(resource, name, (type) => type === 'DELETED')),
    async [Symbol.asyncDispose]() {
      await host.stop();
      await server.stop();
    },
  };
}
