/** What `npm start -- --once` does to the sample, as a client that knows nothing of the operator but its API. */
import type { Kind, KubeObject } from '@kubewright/api';
import { Deployment, ReplicaSet } from '@kubewright/api/apps/v1';
import { Pod, Service } from '@kubewright/api/core/v1';
import type { Client } from '@kubewright/informer';
import { kindOf } from 'kubewright';
import { Website } from '../website.js';

const website = kindOf(Website);
/** How long each stage may take, in milliseconds. */
const stageTimeout = 30_000;

/** Resolves with the first state that is as wanted. Rejects, with the last state, when it does not come. */
async function until<T extends KubeObject>(
  client: Client,
  kind: Kind<T>,
  name: string,
  what: string,
  isMet: (object: T | undefined) => boolean,
): Promise<void> {
  const signal = AbortSignal.timeout(stageTimeout);
  let last: T | undefined;
  try {
    const { items, metadata } = await client.list(kind, {
      namespace: 'default',
      fieldSelector: `metadata.name=${name}`,
      signal,
    });
    last = items[0];
    if (isMet(last)) return;
    const watch = client.watch(kind, {
      namespace: 'default',
      fieldSelector: `metadata.name=${name}`,
      resourceVersion: metadata.resourceVersion,
      signal,
    });
    for await (const { type, object } of watch) {
      if (type === 'BOOKMARK') continue;
      last = type === 'DELETED' ? undefined : object;
      if (isMet(last)) return;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  throw new Error(`${what} was not observed within ${stageTimeout / 1000} s; last seen: ${JSON.stringify(last)}`);
}

/** Resolves when the sample runs with the wanted number of replicas. */
export function untilReady(client: Client, name: string, replicas: number): Promise<void> {
  return until(
    client,
    website,
    name,
    `${replicas} ready replicas of website ${name}`,
    (site) => site?.status?.readyReplicas === replicas,
  );
}

async function childrenOf(client: Client, owner: string): Promise<string[]> {
  const selector = { namespace: 'default', labelSelector: `app.kubernetes.io/instance=${owner}` };
  const lists = await Promise.all(
    [Deployment, ReplicaSet, Pod, Service].map((kind: Kind) => client.list(kind, selector)),
  );
  return lists.flatMap(({ items }) => items.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
}

/** Scales the sample, deletes it, and sees that nothing of it is left. Rejects with what was not as it should be. */
export async function playScenario(client: Client, name: string, say: (text: string) => void): Promise<void> {
  say('scaling the website from 2 to 3, as another client would');
  await client.patch(website, { name }, { type: 'merge', patch: { spec: { replicas: 3 } } });
  await untilReady(client, name, 3);
  const children = await childrenOf(client, name);
  const pods = children.filter((child) => child.startsWith('Pod ')).length;
  if (pods !== 3) throw new Error(`3 pods were expected after scaling, there are ${pods}: ${children.join(', ')}`);

  say('deleting it');
  await client.delete(website, { name }, { propagationPolicy: 'Foreground' });
  await until(client, website, name, `the end of website ${name}`, (site) => site === undefined);
  const left = await childrenOf(client, name);
  if (left.length > 0) throw new Error(`children are left: ${left.join(', ')}`);
  say('the website, its finalizer and its children are gone');
}
