import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StatusError, compareResourceVersion } from '@kubewright/api';
import { ConfigMap } from '@kubewright/api/core/v1';
import { SeededRandom } from '@kubewright/core/testing';
import type { Client } from '@kubewright/informer';
import { afterAll, describe, expect, it } from 'vitest';
import { RunningCluster } from './running-cluster.js';

const rounds = 50;
const writers = 8;
const directory = mkdtempSync(join(tmpdir(), 'kill-rounds-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

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

describe('a server that is killed', () => {
  it(
    `has every acknowledged write after each of ${rounds} kills, and its resourceVersions go on`,
    { timeout: 240_000 },
    async () => {
      const random = new SeededRandom(7);
      let newest = '1';
      let acknowledgedWrites = 0;
      for (let round = 0; round < rounds; round++) {
        const cluster = await RunningCluster.start(directory);
        const before = await cluster.client.list(ConfigMap, { namespace: 'default' });
        expect(
          compareResourceVersion(before.metadata.resourceVersion ?? '1', newest),
          `round ${round}`,
        ).toBeGreaterThanOrEqual(0);
        const known: Acknowledged = new Map();
        const uncertain = new Set<string>();
        // Counted in answers, so that a slow machine kills in the middle of writing, too.
        let answersLeft = 1 + Math.floor(random.next() * 60);
        const enough = Promise.withResolvers<void>();
        const acknowledged = (): void => void (--answersLeft === 0 && enough.resolve());
        const writing = Promise.all(
          Array.from({ length: writers }, (_, index) =>
            writeUntilCut(cluster.client, `r${round}-w${index}`, known, uncertain, acknowledged),
          ),
        );
        // Writers that are cut off before count as enough: the round then shows what they got.
        await Promise.race([enough.promise, writing]);
        await cluster.kill();
        await writing;
        acknowledgedWrites += known.size;

        const after = await RunningCluster.start(directory);
        const { items, metadata } = await after.client.list(ConfigMap, { namespace: 'default' });
        const stored = new Map(items.map((object) => [object.metadata.name ?? '', object]));
        for (const [name, { value, resourceVersion }] of known) {
          if (compareResourceVersion(resourceVersion, newest) > 0) newest = resourceVersion;
          if (uncertain.has(name)) continue;
          expect(stored.get(name)?.data?.['value'], `round ${round}: ${name}`).toBe(value);
        }
        expect(
          compareResourceVersion(metadata.resourceVersion ?? '1', newest),
          `round ${round}`,
        ).toBeGreaterThanOrEqual(0);
        const next = await after.client.create(ConfigMap, { metadata: { name: `after-${round}` } });
        expect(compareResourceVersion(next.metadata.resourceVersion ?? '1', newest)).toBeGreaterThan(0);
        newest = next.metadata.resourceVersion ?? '1';
        await expectResumes(after.client, before.metadata.resourceVersion ?? '1', `after-${round}`);
        await after.kill();
      }
      expect(acknowledgedWrites).toBeGreaterThan(rounds);
    },
  );
});

/** A watcher from before the kill sees what came since, or is told that this is too long ago: never a stream with holes. */
async function expectResumes(client: Client, resourceVersion: string, until: string): Promise<void> {
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
  expect(seen).toEqual(seen.toSorted((a, b) => compareResourceVersion(a, b)));
}
