import type { KubeObject } from '@kubewright/api';
import { ConfigMap, Node, Secret } from '@kubewright/api/core/v1';
import { describe, expect, it } from 'vitest';
import { Controller } from '../decorators/controller.js';
import { WatchesKind } from '../decorators/watches.js';
import { Reconciler } from '../reconcile/reconciler.js';
import { ScriptedCluster } from '../testing/scripted-cluster.js';
import { startController } from '../testing/scripted-controller.js';

let ran: string[] = [];

@Controller({ for: ConfigMap, owns: [Secret], name: 'tested' })
@WatchesKind(Node, ({ metadata }) => {
  const name = metadata.labels?.['map'];
  return name === undefined ? [] : [{ name, namespace: 'default' }];
})
class Tested extends Reconciler<ConfigMap> {
  override async reconcile(...[{ metadata }]: Parameters<Reconciler<ConfigMap>['reconcile']>): Promise<void> {
    ran.push(metadata.name ?? '');
  }
}

async function start(...maps: readonly string[]) {
  const cluster = new ScriptedCluster(ConfigMap, Secret, Node);
  for (const name of maps) cluster.put(ConfigMap, { metadata: { name } });
  const controller = await startController(cluster, new Tested());
  ran = [];
  /** What ran after a change. */
  const after = async (change: () => unknown): Promise<string[]> => {
    ran = [];
    change();
    await controller.settle();
    return ran.toSorted();
  };
  return { cluster, controller, after };
}

const controlled = (owner: string, kind = 'ConfigMap', apiVersion = 'v1'): KubeObject['metadata'] => ({
  name: 'child',
  ownerReferences: [{ apiVersion, kind, name: owner, uid: `uid of ${owner}`, controller: true }],
});

describe('a child', () => {
  it('runs its controller when it comes, changes and goes', async () => {
    const { cluster, controller, after } = await start('a', 'b');
    expect(await after(() => cluster.put(Secret, { metadata: controlled('a') }))).toEqual(['a']);
    expect(await after(() => cluster.put(Secret, { metadata: controlled('a'), data: { x: 'eA==' } }))).toEqual(['a']);
    expect(await after(() => cluster.remove(Secret, 'child'))).toEqual(['a']);
    await controller.runner.stop();
  });

  it('that changes hands runs both', async () => {
    const { cluster, controller, after } = await start('a', 'b');
    await after(() => cluster.put(Secret, { metadata: controlled('a') }));
    expect(await after(() => cluster.put(Secret, { metadata: controlled('b') }))).toEqual(['a', 'b']);
    expect(await after(() => cluster.put(Secret, { metadata: { name: 'child' } }))).toEqual(['b']);
    await controller.runner.stop();
  });

  it.each([
    ['another kind of the same name', controlled('a', 'Secret')],
    ['the same kind of another group', controlled('a', 'ConfigMap', 'example.com/v1')],
    ['nobody', { name: 'child' }],
    [
      'an owner that is not its controller',
      { name: 'child', ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'u' }] },
    ],
  ])('of %s runs nothing', async (_what, metadata) => {
    const { cluster, controller, after } = await start('a');
    expect(await after(() => cluster.put(Secret, { metadata }))).toEqual([]);
    await controller.runner.stop();
  });

  it('follows a version that has changed: only the group counts', async () => {
    const { cluster, controller, after } = await start('a');
    expect(await after(() => cluster.put(Secret, { metadata: controlled('a', 'ConfigMap', 'v2') }))).toEqual(['a']);
    await controller.runner.stop();
  });
});

describe('a further kind', () => {
  it('runs what its old and its new state are mapped to', async () => {
    const { cluster, controller, after } = await start('a', 'b');
    const node = (map: string) => cluster.put(Node, { metadata: { name: 'n', labels: { map } } });
    expect(await after(() => node('a'))).toEqual(['a']);
    expect(await after(() => node('b'))).toEqual(['a', 'b']);
    expect(await after(() => cluster.remove(Node, 'n'))).toEqual(['b']);
    await controller.runner.stop();
  });
});

describe('the kind itself', () => {
  it('runs each object once at the start, and for each change', async () => {
    const cluster = new ScriptedCluster(ConfigMap, Secret, Node);
    for (const name of ['a', 'b']) cluster.put(ConfigMap, { metadata: { name } });
    ran = [];
    await using controller = await startController(cluster, new Tested());
    expect(ran.toSorted()).toEqual(['a', 'b']);
    cluster.put(ConfigMap, { metadata: { name: 'a' }, data: { x: 'y' } });
    await controller.settle();
    expect(ran.toSorted()).toEqual(['a', 'a', 'b']);
  });

  it('runs nothing before every cache is complete', async () => {
    const cluster = new ScriptedCluster(ConfigMap, Secret, Node);
    cluster.put(ConfigMap, { metadata: { name: 'a' } });
    let answer = (): void => undefined;
    cluster.once('GET', /nodes$/, () => new Promise<void>((resolve) => (answer = resolve)));
    ran = [];
    const starting = startController(cluster, new Tested());
    await new Promise((resolve) => setImmediate(resolve));
    expect(ran).toEqual([]);
    answer();
    await using _controller = await starting;
    expect(ran).toEqual(['a']);
  });
});
