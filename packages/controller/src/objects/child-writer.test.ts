import { statusErrors } from '@kubewright/api';
import type { KubeObject } from '@kubewright/api';
import { ConfigMap, Secret } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import { describe, expect, it } from 'vitest';
import type { ReconcileContext } from '../reconcile/reconcile-context.js';
import { ScriptedCluster } from '../testing/scripted-cluster.js';
import { reconcilerOf, startController } from '../testing/scripted-controller.js';

type Work = (ctx: ReconcileContext<ConfigMap>) => Promise<unknown>;

/** A run about the ConfigMap `owner`, which does some work with Secrets, and what came of it. */
async function run(work: Work, before: (cluster: ScriptedCluster) => unknown = () => undefined) {
  const cluster = new ScriptedCluster(ConfigMap, Secret, Event);
  const owner = cluster.put(ConfigMap, { metadata: { name: 'owner' } });
  before(cluster);
  let outcome: unknown;
  const Once = reconcilerOf({ for: ConfigMap, owns: [Secret] }, async (_object, ctx) => {
    outcome = await work(ctx).catch((error: unknown) => error);
  });
  const controller = await startController(cluster, new Once());
  await controller.runner.stop();
  const events = cluster.all<Event>(Event).map(({ reason }) => reason);
  const writes = cluster.writes.filter((write) => !write.includes('/events'));
  return { cluster, owner, outcome, events, writes, child: () => cluster.get<Secret>(Secret, 'child') };
}

const wanted = (stringData: Record<string, string> = { a: 'b' }): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'child', namespace: 'default' },
  stringData,
});
const reference = (uid: string) => [
  { apiVersion: 'v1', kind: 'ConfigMap', name: 'other', uid, controller: true, blockOwnerDeletion: true },
];
const path = '/api/v1/namespaces/default/secrets';

describe('apply', () => {
  it('makes a child that is not there, with the owner as its controller', async () => {
    const { child, owner } = await run((ctx) => ctx.apply(wanted()));
    expect(child()?.stringData).toEqual({ a: 'b' });
    expect(child()?.metadata.ownerReferences).toMatchObject([{ uid: owner.metadata.uid, controller: true }]);
  });

  it('makes it nobody’s where that is asked for', async () => {
    const { child } = await run((ctx) => ctx.apply(wanted(), { owned: false }));
    expect(child()?.metadata.ownerReferences).toBeUndefined();
  });

  it('refuses a child of another controller, and tells', async () => {
    const { outcome, events, writes } = await run(
      (ctx) => ctx.apply(wanted(), { adopt: true, force: true }),
      (cluster) => cluster.put(Secret, { metadata: { name: 'child', ownerReferences: reference('theirs') } }),
    );
    expect(outcome).toMatchObject({ code: 'KW_CONTROLLER_ALREADY_OWNED' });
    expect([events, writes]).toEqual([['AlreadyOwned'], []]);
  });

  it('refuses a child of nobody, which somebody may have made by hand', async () => {
    const { outcome, events, writes } = await run(
      (ctx) => ctx.apply(wanted()),
      (cluster) => cluster.put(Secret, { metadata: { name: 'child' } }),
    );
    expect(outcome).toMatchObject({ code: 'KW_CONTROLLER_NOT_ADOPTED' });
    expect([events, writes]).toEqual([['NotAdopted'], []]);
  });

  it('adopts it where that is asked for, and tells', async () => {
    const { child, owner, events } = await run(
      (ctx) => ctx.apply(wanted(), { adopt: true }),
      (cluster) => cluster.put(Secret, { metadata: { name: 'child' } }),
    );
    expect(child()?.metadata.ownerReferences).toMatchObject([{ uid: owner.metadata.uid, controller: true }]);
    expect(events).toEqual(['Adopted']);
  });

  it('writes to nothing that came under the name after it was judged', async () => {
    const { outcome, child } = await run(
      (ctx) => ctx.apply(wanted()),
      (cluster) =>
        cluster.once('PATCH', /secrets/, () => {
          cluster.put(Secret, { metadata: { name: 'child', ownerReferences: reference('theirs') } });
          throw statusErrors.conflict({ group: '', resource: 'secrets' }, 'child', 'it was modified');
        }),
    );
    expect(outcome).toMatchObject({ code: 'KW_CONTROLLER_ALREADY_OWNED' });
    expect(child()?.stringData).toBeUndefined();
  });

  const ownedFields = (): never => {
    const error = statusErrors.conflict({ group: '', resource: 'secrets' }, 'child', 'Apply failed with 1 conflict');
    const causes = [{ reason: 'FieldManagerConflict', message: 'conflict with "kubectl"', field: '.stringData.a' }];
    throw Object.assign(error, { details: { ...error.details, causes } });
  };

  it('leaves fields of other managers alone, and names them', async () => {
    const { outcome, events } = await run(
      (ctx) => ctx.apply(wanted()),
      (cluster) => cluster.once('PATCH', /secrets/, ownedFields),
    );
    expect(outcome).toMatchObject({ code: 'KW_CONTROLLER_FIELDS_OWNED' });
    expect(String(outcome)).toContain('.stringData.a');
    expect(events).toEqual(['FieldsOwned']);
  });

  it('takes them where it is told to, and tells', async () => {
    const { cluster, child, events } = await run(
      (ctx) => ctx.apply(wanted(), { force: true }),
      (scripted) => scripted.once('PATCH', /secrets/, ownedFields),
    );
    const forced = cluster.requests.filter(({ method }) => method === 'PATCH').map(({ query }) => query.get('force'));
    expect(forced).toEqual([null, 'true']);
    expect(child()?.stringData).toEqual({ a: 'b' });
    expect(events).toEqual(['FieldsTaken']);
  });

  it('sends nothing in a run whose child the cache shows to be so already', async () => {
    const { writes } = await run(async (ctx) => void (await ctx.apply(wanted())));
    // The run that the child's own event brings applies it a second time.
    expect(writes).toEqual([`PATCH ${path}/child`]);
  });

  it('rejects for a kind that the server does not serve', async () => {
    const other = { apiVersion: 'example.com/v1', kind: 'Site', metadata: { name: 'child', namespace: 'default' } };
    const { outcome } = await run(
      (ctx) => ctx.apply<KubeObject>(other),
      (cluster) => {
        for (let n = 0; n < 4; n++)
          cluster.once('GET', /^\/apis?$/, () => {
            throw statusErrors.internalError('no discovery');
          });
      },
    );
    expect(outcome).toBeInstanceOf(Error);
  });
});

describe('create', () => {
  it('makes the object the child’s controller', async () => {
    const { child, owner } = await run((ctx) => ctx.create(Secret, wanted()));
    expect(child()?.metadata.ownerReferences).toMatchObject([{ uid: owner.metadata.uid, controller: true }]);
  });

  it('rejects where the name is taken', async () => {
    const { outcome } = await run(
      (ctx) => ctx.create(Secret, wanted()),
      (cluster) => cluster.put(Secret, { metadata: { name: 'child' } }),
    );
    expect(outcome).toMatchObject({ reason: 'AlreadyExists' });
  });
});

describe('update', () => {
  it('rejects with a conflict where somebody else was faster', async () => {
    const { outcome, child } = await run(
      (ctx) => ctx.update(Secret, { ...wanted(), metadata: { ...wanted().metadata, resourceVersion: '1' } }),
      (cluster) => cluster.put(Secret, { metadata: { name: 'child' }, stringData: { theirs: 'yes' } }),
    );
    expect(outcome).toMatchObject({ reason: 'Conflict' });
    expect(child()?.stringData).toEqual({ theirs: 'yes' });
  });
});

describe('patch and delete', () => {
  /** The child as it was before another took its name. */
  const replaced = (cluster: ScriptedCluster): Secret => {
    const old = cluster.put(Secret, { metadata: { name: 'child' } });
    cluster.remove(Secret, 'child');
    cluster.put(Secret, { metadata: { name: 'child' } });
    return old;
  };

  it('a patch does not reach another object that has the name', async () => {
    let old: Secret | undefined;
    const { outcome, child } = await run(
      (ctx) => ctx.patch(Secret, old ?? wanted(), { stringData: { a: 'b' } }),
      (cluster) => (old = replaced(cluster)),
    );
    expect(outcome).toMatchObject({ reason: 'Conflict' });
    expect(child()?.stringData).toBeUndefined();
  });

  it('a delete does not reach another object that has the name, and is done', async () => {
    let old: Secret | undefined;
    const { outcome, child } = await run(
      (ctx) => ctx.delete(Secret, old ?? wanted()),
      (cluster) => (old = replaced(cluster)),
    );
    expect(outcome).toBeUndefined();
    expect(child()).toBeDefined();
  });

  it('a delete of what is gone is done', async () => {
    const { outcome } = await run((ctx) => ctx.delete(Secret, wanted()));
    expect(outcome).toBeUndefined();
  });

  it('a delete that is refused is an error', async () => {
    const { outcome } = await run(
      (ctx) => ctx.delete(Secret, wanted()),
      (cluster) =>
        cluster.once('DELETE', /secrets/, () => {
          throw statusErrors.forbidden({ group: '', resource: 'secrets' }, 'child', 'no right');
        }),
    );
    expect(outcome).toMatchObject({ reason: 'Forbidden' });
  });
});

describe('addFinalizer and removeFinalizer', () => {
  it('hold a child and let it go', async () => {
    const { writes, child } = await run(
      async (ctx) => {
        const [found] = ctx.list(Secret);
        if (found === undefined || found.metadata.finalizers !== undefined) return;
        const held = await ctx.addFinalizer(Secret, found, 'x/hold');
        expect(held.metadata.finalizers).toEqual(['x/hold']);
        await ctx.removeFinalizer(Secret, held, 'x/hold');
      },
      (cluster) => cluster.put(Secret, { metadata: { name: 'child' } }),
    );
    expect(writes).toEqual([`PATCH ${path}/child`, `PATCH ${path}/child`]);
    expect(child()?.metadata.finalizers).toEqual([]);
  });
});
