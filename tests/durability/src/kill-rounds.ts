/** A server that is killed while others write, again and again, and what must be left of their writes each time. */
import assert from 'node:assert/strict';
import { StatusError, compareResourceVersion } from '@kubewright/api';
import { ConfigMap } from '@kubewright/api/core/v1';
import type { Random } from '@kubewright/core';
import type { Client } from '@kubewright/informer';
import { RunningCluster } from './running-cluster.js';

const writers = 8;

/** What a kill came upon. */
export interface KillReport {
  /** How many kills there were so far. */
  readonly kills: number;
  /** Of how many objects the server had acknowledged a write in this round. */
  readonly acknowledged: number;
  /** Of how many it had a request, and had not answered it. */
  readonly unanswered: number;
}

/** What the server has acknowledged, by name: the newest value, or that the object was deleted. */
type Acknowledged = Map<string, { readonly value: string | undefined; readonly resourceVersion: string }>;

/** Creates, updates and deletes objects of its own until the connection breaks. An unanswered write may or may not have happened. */
async function writeUntilCut(
  client: Client,
  prefix: string,
  known: Acknowledged,
  uncertain: Set<string>,
  acknowledged: () => void,
): Promise<void> {
  for (let index = 0; ; index++) {
    const name = `${prefix}-${index % 5}`;
    const key = { name };
    const value = `${prefix}-${index}`;
    uncertain.add(name);
    try {
      const present = known.get(name)?.value !== undefined;
      if (present && index % 7 === 6) {
        await client.delete(ConfigMap, key);
        known.set(name, { value: undefined, resourceVersion: known.get(name)?.resourceVersion ?? '1' });
      } else {
        const written = present
          ? await client.patch(ConfigMap, key, { type: 'merge', patch: { data: { value } } })
          : await client.create(ConfigMap, { metadata: key, data: { value } });
        known.set(name, { value, resourceVersion: written.metadata.resourceVersion ?? '1' });
      }
      uncertain.delete(name);
      acknowledged();
    } catch {
      return;
    }
  }
}

/**
 * Kills a server on `directory` in the middle of writing, `rounds` times. Each time it starts again, and has every write that
 * was acknowledged; its resourceVersions go on, and so does a watcher from before.
 *
 * @throws AssertionError where that is not so.
 */
export async function killRounds(
  directory: string,
  rounds: number,
  random: Random,
  onKill: (report: KillReport) => void,
): Promise<void> {
  let newest = '1';
  let cluster = await RunningCluster.start(directory);
  try {
    for (let round = 0; round < rounds; round++) {
      const before = await cluster.client.list(ConfigMap, { namespace: 'default' });
      const { known, uncertain } = await writeAndKill(cluster, `r${round}`, 1 + Math.floor(random.next() * 60));
      onKill({ kills: round + 1, acknowledged: known.size, unanswered: uncertain.size });

      cluster = await RunningCluster.start(directory);
      const { items, metadata } = await cluster.client.list(ConfigMap, { namespace: 'default' });
      const stored = new Map(items.map((object) => [object.metadata.name ?? '', object]));
      for (const [name, { value, resourceVersion }] of known) {
        if (compareResourceVersion(resourceVersion, newest) > 0) newest = resourceVersion;
        if (uncertain.has(name)) continue;
        assert.equal(stored.get(name)?.data?.['value'], value, `round ${round}: ${name}`);
      }
      const listed = metadata.resourceVersion ?? '1';
      assert.ok(compareResourceVersion(listed, newest) >= 0, `round ${round}: ${listed} comes before ${newest}`);
      const next = await cluster.client.create(ConfigMap, { metadata: { name: `after-${round}` } });
      const created = next.metadata.resourceVersion ?? '1';
      assert.ok(compareResourceVersion(created, newest) > 0, `round ${round}: ${created} does not follow ${newest}`);
      newest = created;
      await assertResumes(cluster.client, before.metadata.resourceVersion ?? '1', `after-${round}`);
    }
  } finally {
    await cluster.kill();
  }
}

/** Lets everybody write, and kills the server after so many answers: a slow machine kills in the middle of writing, too. */
async function writeAndKill(
  cluster: RunningCluster,
  prefix: string,
  answers: number,
): Promise<{ known: Acknowledged; uncertain: Set<string> }> {
  const known: Acknowledged = new Map();
  const uncertain = new Set<string>();
  let answersLeft = answers;
  const enough = Promise.withResolvers<void>();
  const acknowledged = (): void => void (--answersLeft === 0 && enough.resolve());
  const writing = Promise.all(
    Array.from({ length: writers }, (_, index) =>
      writeUntilCut(cluster.client, `${prefix}-w${index}`, known, uncertain, acknowledged),
    ),
  );
  // Writers that are cut off before count as enough: the round then shows what they got.
  await Promise.race([enough.promise, writing]);
  await cluster.kill();
  await writing;
  return { known, uncertain };
}

/** A watcher from before the kill sees what came since, or is told that this is too long ago: never a stream with holes. */
async function assertResumes(client: Client, resourceVersion: string, until: string): Promise<void> {
  const seen: string[] = [];
  try {
    for await (const { type, object } of client.watch(ConfigMap, {
      namespace: 'default',
      resourceVersion,
      signal: AbortSignal.timeout(10_000),
    })) {
      if (type === 'BOOKMARK') continue;
      seen.push(object.metadata.resourceVersion ?? '1');
      if (object.metadata.name === until) break;
    }
  } catch (error) {
    if (StatusError.is(error) && error.code === 410) return;
    throw error;
  }
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => compareResourceVersion(a, b)),
  );
}
