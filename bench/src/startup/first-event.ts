import { ConfigMap } from '@kubewright/api/core/v1';
import type { Client } from '@kubewright/informer';

/** Creates an object and resolves when a watch that was open before has told of it. */
export async function firstEvent(client: Client): Promise<void> {
  const stop = new AbortController();
  const watch = client.watch(ConfigMap, { namespace: 'default', resourceVersion: '0', signal: stop.signal });
  const events = watch[Symbol.asyncIterator]();
  const seen = (async () => {
    for (let next = await events.next(); !next.done; next = await events.next()) {
      if (next.value.type !== 'BOOKMARK' && next.value.object.metadata.name === 'first') return;
    }
    throw new Error('the watch ended before the event came');
  })();
  await client.create(ConfigMap, { metadata: { name: 'first' }, data: { a: '1' } });
  await seen;
  stop.abort();
}
