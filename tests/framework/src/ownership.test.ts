import type { DeepReadonly } from '@kubewright/api';
import { ConfigMap } from '@kubewright/api/core/v1';
import { Event } from '@kubewright/api/events/v1';
import { Controller, CustomObject, CustomResource, Reconciler, kindOf } from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { Plugin, inject } from '@kubewright/core';
import { IsBoolean, IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { startHarness } from './harness.js';
import type { Harness } from './harness.js';

class TenantSpec {
  @IsString() child!: string;
  @IsBoolean() adopt = false;
  @IsBoolean() force = false;
  @IsBoolean() owned = true;
}

@CustomResource({ group: 'test.example.com', version: 'v1', kind: 'Tenant', spec: TenantSpec })
class Tenant extends CustomObject<TenantSpec> {}

@Plugin({ name: 'attempts' })
class Attempts {
  readonly codes: string[] = [];
  /** What came of each tenant's first attempt. */
  readonly first = new Map<string, string>();
  /** Called between the controller's look into its cache and its write. */
  between: () => Promise<unknown> = () => Promise.resolve();
}

async function applyChild(
  { metadata, spec }: DeepReadonly<Tenant>,
  ctx: ReconcileContext<Tenant>,
  attempts: Attempts,
): Promise<void> {
  const { child, ...options } = spec;
  const { name = '', namespace = '' } = metadata;
  const note = (code: string): void => {
    attempts.codes.push(code);
    if (!attempts.first.has(name)) attempts.first.set(name, code);
  };
  try {
    await attempts.between();
    await ctx.apply<ConfigMap>(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: child, namespace }, data: { tenant: name } },
      options,
    );
    note('done');
  } catch (error) {
    note((error as { readonly code: string }).code);
    throw error;
  }
}

@Controller({ for: Tenant, owns: [ConfigMap], name: 'tenant' })
class WatchingController extends Reconciler<Tenant> {
  constructor(@inject(Attempts) private readonly attempts: Attempts) {
    super();
  }

  override reconcile(tenant: DeepReadonly<Tenant>, ctx: ReconcileContext<Tenant>): Promise<void> {
    return applyChild(tenant, ctx, this.attempts);
  }
}

/** Has no cache of the children: what exists is seen live. */
@Controller({ for: Tenant, owns: [], name: 'tenant' })
class LiveController extends WatchingController {}

async function withTenants(
  controller: typeof WatchingController,
  work: (harness: Harness, attempts: Attempts) => Promise<void>,
): Promise<void> {
  const harness = await startHarness(Attempts, controller);
  try {
    await work(harness, harness.host.get(Attempts));
  } finally {
    await harness[Symbol.asyncDispose]();
  }
}

const tenant = (name: string, spec: Partial<TenantSpec>) => ({
  metadata: { name, namespace: 'default' },
  spec: { child: 'child', adopt: false, force: false, owned: true, ...spec },
});

const child = (data: Record<string, string>) => ({ metadata: { name: 'child', namespace: 'default' }, data });

const ownersOf = async ({ client }: Harness): Promise<string[]> =>
  ((await client.get(ConfigMap, { name: 'child' })).metadata.ownerReferences ?? []).map(({ name }) => name);

const eventsAbout = async ({ client }: Harness, name: string): Promise<string[]> =>
  (await client.list(Event, { namespace: 'default' })).items
    .filter(({ regarding }) => regarding?.name === name)
    .map(({ type, reason }) => `${type} ${reason}`);

describe.each([
  ['of a kind it watches', WatchingController],
  ['of a kind it reads live', LiveController],
])('ctx.apply of a child %s', (_, controller) => {
  it('refuses what a user made, leaves it as it is, and says so in an Event', () =>
    withTenants(controller, async (harness, attempts) => {
      const made = await harness.client.create(ConfigMap, child({ user: 'yes' }));
      await harness.client.create(kindOf(Tenant), tenant('a', {}));
      await expect.poll(() => attempts.codes).toContain('KW_CONTROLLER_NOT_ADOPTED');
      expect(await harness.client.get(ConfigMap, { name: 'child' })).toEqual(made);
      await expect.poll(() => eventsAbout(harness, 'a')).toContain('Warning NotAdopted');
    }));

  it('adopts it where told to, with an Event', () =>
    withTenants(controller, async (harness, attempts) => {
      await harness.client.create(ConfigMap, child({ user: 'yes' }));
      await harness.client.create(kindOf(Tenant), tenant('a', { adopt: true }));
      await expect.poll(() => attempts.codes).toContain('done');
      expect((await harness.client.get(ConfigMap, { name: 'child' })).data).toEqual({ user: 'yes', tenant: 'a' });
      expect(await ownersOf(harness)).toEqual(['a']);
      await expect.poll(() => eventsAbout(harness, 'a')).toContain('Normal Adopted');
    }));

  it.each([false, true])('refuses what another object controls (adopt: %s)', (adopt) =>
    withTenants(controller, async (harness, attempts) => {
      await harness.client.create(kindOf(Tenant), tenant('a', {}));
      await expect.poll(() => attempts.codes).toContain('done');
      await harness.client.create(kindOf(Tenant), tenant('b', { adopt, force: true }));
      await expect.poll(() => attempts.codes).toContain('KW_CONTROLLER_ALREADY_OWNED');
      expect(await ownersOf(harness)).toEqual(['a']);
      expect((await harness.client.get(ConfigMap, { name: 'child' })).data).toEqual({ tenant: 'a' });
      await expect.poll(() => eventsAbout(harness, 'b')).toContain('Warning AlreadyOwned');
    }),
  );

  it('gives a child that many make at once to one of them', () =>
    withTenants(controller, async (harness, attempts) => {
      const names = Array.from({ length: 8 }, (_unused, n) => `t${n}`);
      let arrived = 0;
      const { promise, resolve } = Promise.withResolvers<void>();
      attempts.between = () => (++arrived === names.length && resolve(), promise);
      await Promise.all(names.map((name) => harness.client.create(kindOf(Tenant), tenant(name, { force: true }))));
      await expect.poll(() => attempts.first.size).toBe(names.length);
      const owners = await ownersOf(harness);
      expect(owners).toHaveLength(1);
      const refused = names.filter((name) => name !== owners[0]);
      expect(refused.map((name) => attempts.first.get(name))).toEqual(refused.map(() => 'KW_CONTROLLER_ALREADY_OWNED'));
      expect((await harness.client.get(ConfigMap, { name: 'child' })).data).toEqual({ tenant: owners[0] });
    }));

  it('does not take what a user makes between the look and the write', () =>
    withTenants(controller, async (harness, attempts) => {
      attempts.between = async () => {
        attempts.between = () => Promise.resolve();
        await harness.client.create(ConfigMap, child({ user: 'yes' }));
      };
      await harness.client.create(kindOf(Tenant), tenant('a', { force: true }));
      await expect.poll(() => attempts.codes).toContain('KW_CONTROLLER_NOT_ADOPTED');
      expect(await ownersOf(harness)).toEqual([]);
    }));

  it('does not take what a user puts in the place of a child that it had', () =>
    withTenants(controller, async (harness, attempts) => {
      await harness.client.create(kindOf(Tenant), tenant('a', {}));
      await expect.poll(() => attempts.codes).toContain('done');
      attempts.codes.length = 0;
      attempts.between = async () => {
        attempts.between = () => Promise.resolve();
        await harness.client.delete(ConfigMap, { name: 'child' });
        await harness.client.create(ConfigMap, child({ user: 'yes' }));
      };
      await harness.client.patch(
        kindOf(Tenant),
        { name: 'a' },
        { type: 'merge', patch: { spec: { force: true }, metadata: { labels: { now: 'yes' } } } },
      );
      await expect.poll(() => attempts.codes).toContain('KW_CONTROLLER_NOT_ADOPTED');
      expect(await ownersOf(harness)).toEqual([]);
    }));

  it('leaves fields that another manager has set, unless told to take them, with an Event either way', () =>
    withTenants(controller, async (harness, attempts) => {
      const { client } = harness;
      await client.create(ConfigMap, child({ tenant: 'somebody' }));
      await client.create(kindOf(Tenant), tenant('a', { adopt: true }));
      await expect.poll(() => attempts.codes).toContain('KW_CONTROLLER_FIELDS_OWNED');
      expect(await ownersOf(harness)).toEqual([]);
      await expect.poll(() => eventsAbout(harness, 'a')).toContain('Warning FieldsOwned');
      await client.patch(kindOf(Tenant), { name: 'a' }, { type: 'merge', patch: { spec: { force: true } } });
      await expect.poll(() => attempts.codes).toContain('done');
      expect((await client.get(ConfigMap, { name: 'child' })).data).toEqual({ tenant: 'a' });
      await expect.poll(() => eventsAbout(harness, 'a')).toContain('Normal FieldsTaken');
    }));

  it('owns nothing and takes no field of others where it is told that the child is not its own', () =>
    withTenants(controller, async (harness, attempts) => {
      await harness.client.create(ConfigMap, child({ user: 'yes' }));
      await harness.client.create(kindOf(Tenant), tenant('a', { owned: false }));
      await expect.poll(() => attempts.codes).toContain('done');
      expect(await ownersOf(harness)).toEqual([]);
      expect((await harness.client.get(ConfigMap, { name: 'child' })).data).toEqual({ user: 'yes', tenant: 'a' });
    }));
});
