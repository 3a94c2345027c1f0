import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedCluster } from './embedded-cluster.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewright-damaged-'));
  const cluster = await new EmbeddedCluster({ dataDirectory: folder, nodes: 0 }).serve();
  await cluster.stop();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const database = (): string => join(folder, 'kubewright.db');

function change(sql: string): void {
  const db = new DatabaseSync(database());
  db.exec(sql);
  db.close();
}

async function failureOf(cluster: EmbeddedCluster): Promise<string> {
  const failure = await cluster.serve().then(
    () => new Error('it serves'),
    (error: unknown) => error as Error,
  );
  await cluster.stop().catch(() => undefined);
  return failure.message;
}

const role = '/registry/rbac.authorization.k8s.io/clusterroles/cluster-admin';

describe('a cluster whose data is damaged', () => {
  it.each([
    ['is no JSON', "x'6e6f'", 'it is no JSON'],
    ['was cut', 'substr(value, 1, 60)', 'it is no JSON'],
    ['is text', "'hello'", 'it is no JSON'],
    ['is empty', "x''", 'it is no JSON'],
    ['is another value', "x'5b5d'", 'it is JSON without metadata'],
  ])('does not start, and names the object that %s', async (_what, value, problem) => {
    change(`UPDATE log SET value = ${value} WHERE key = '${role}'`);
    const message = await failureOf(new EmbeddedCluster({ dataDirectory: folder, nodes: 0 }));
    expect(message).toContain(`the object '${role}' in ${database()} is damaged: ${problem}`);
  });

  it('does not start with a damaged page, and names the file', async () => {
    const bytes = await readFile(database());
    for (let at = 2 * 4096; at < bytes.length; at += 4096) bytes.fill(0xee, at, at + 600);
    await writeFile(database(), bytes);
    const message = await failureOf(new EmbeddedCluster({ dataDirectory: folder, nodes: 0 }));
    expect(message).toContain(database());
  });

  it('ends when it is told to while it starts', async () => {
    const stop = new AbortController();
    const cluster = new EmbeddedCluster({ dataDirectory: folder, nodes: 0 });
    const serving = cluster.serve({ signal: stop.signal });
    stop.abort(new Error('SIGTERM'));
    await expect(serving).rejects.toThrow();
    await cluster.stop();
    // Nothing of it holds the directory any more.
    expect(await failureOf(new EmbeddedCluster({ dataDirectory: folder, nodes: 0 }))).toBe('it serves');
  });
});
