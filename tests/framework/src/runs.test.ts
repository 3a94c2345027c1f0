import { isNotFound } from '@kubewright/api';
import type { DeepReadonly } from '@kubewright/api';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import {
  Controller,
  controllerHost,
  CustomObject,
  CustomResource,
  Finalizer,
  Reconciler,
  connectTo,
  kindOf,
} from '@kubewright/controller';
import type { ReconcileContext } from '@kubewright/controller';
import { Host, Logger, Plugin, Readiness, SystemClock, inject } from '@kubewright/core';
import type { LogFields } from '@kubewright/core';
import { Client } from '@kubewright/informer';
import { IsInt } from 'class-validator';
import { describe, expect, it } from 'vitest';

class TaskStatus {
  @IsInt() runs = 0;
}

@CustomResource({ group: 'test.example.com', version: 'v1', kind: 'Task', status: TaskStatus })
class Task extends CustomObject<object, TaskStatus> {}

type Run = (task: DeepReadonly<Task>, ctx: ReconcileContext<Task>) => unknown;

/** What the runs and finalizers of a test do. */
@Plugin({ name: 'behaviour' })
class Behaviour {
  run: Run = () => undefined;
  release: Run = () => undefined;
}

@Controller({ for: Task, concurrency: 1, timeout: 50 })
class TaskController extends Reconciler<Task> {
  constructor(@inject(Behaviour) private readonly behaviour: Behaviour) {
    super();
  }

  override async reconcile(task: DeepReadonly<Task>, ctx: ReconcileContext<Task>): Promise<void> {
    return (await this.behaviour.run(task, ctx)) as undefined;
  }

  @Finalizer('test.example.com/task')
  async release(task: DeepReadonly<Task>, ctx: ReconcileContext<Task>): Promise<void> {
    await this.behaviour.release(task, ctx);
  }
}

interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields | undefined;
}

async function withTasks(
  work: (context: { client: Client; behaviour: Behaviour; lines: Line[]; host: Host }) => Promise<void>,
): Promise<void> {
  const server = await startTestApiServer();
  const lines: Line[] = [];
  const at =
    (level: Line['level']) =>
    (message: string, fields?: LogFields): void =>
      void lines.push({ level, message, fields });
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  const connection = {
    name: 'test',
    open: () => Promise.resolve({ transport: server.transport, namespace: 'default' }),
  };
  const host = new Host({ name: 'test' })
    .override(Logger, logger)
    .use([connectTo(connection), controllerHost, Behaviour, TaskController]);
  try {
    await host.start();
    const client = new Client({ transport: server.transport, namespace: 'default' });
    await work({ client, behaviour: host.get(Behaviour), lines, host });
  } finally {
    await host.stop();
    await server.stop();
  }
}

const task = (name: string) => ({ metadata: { name, namespace: 'default' }, spec: {} });

/** Deletes a task for good, whatever its finalizers are. */
async function vanish(client: Client, name: string): Promise<void> {
  await client.patch(kindOf(Task), { name }, { type: 'merge', patch: { metadata: { finalizers: null } } });
  await client.delete(kindOf(Task), { name });
}

describe('a run on an embedded API server', () => {
  it('whose results are junk, or ask for another run without end, holds up neither timers nor signals', () =>
    withTasks(async ({ client, behaviour, lines }) => {
      const results = [{ requeueAfter: 0 }, { requeueAfter: -1 }, { requeueAfter: Number.NaN }, {}, 5, 'soon'];
      let runs = 0;
      behaviour.run = () => results[runs++ % results.length];
      for (const name of ['a', 'b', 'c']) await client.create(kindOf(Task), task(name));
      let ticks = 0;
      const ending = new AbortController();
      const tick = async (): Promise<void> => {
        for (; !ending.signal.aborted; ticks++) await new SystemClock().sleep(1);
      };
      const ticking = tick();
      const signal = new Promise((resolve) => process.once('SIGUSR2', resolve));
      process.kill(process.pid, 'SIGUSR2');
      await signal;
      await expect.poll(() => ticks).toBeGreaterThan(100);
      ending.abort();
      await ticking;
      expect(runs).toBeLessThan(1_000);
      await expect
        .poll(() => lines.some(({ fields }) => String(fields?.['error']).includes('KW_CONTROLLER_RECONCILE_RESULT')))
        .toBe(true);
    }));

  it('that does not end is named by readiness, and so is a finalizer; others run', () =>
    withTasks(async ({ client, behaviour, host, lines }) => {
      let release = (): void => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      const began = new Map<string, number>();
      const begin = ({ metadata: { name = '' } }: DeepReadonly<Task>): void =>
        void began.set(name, (began.get(name) ?? 0) + 1);
      behaviour.run = (object) => {
        begin(object);
        return object.metadata.name === 'stuck' ? held : undefined;
      };
      behaviour.release = () => held;
      try {
        await client.create(kindOf(Task), task('stuck'));
        await expect.poll(() => began.has('stuck')).toBe(true);
        await client.create(kindOf(Task), task('other'));
        await expect.poll(() => began.has('other'), { timeout: 10_000 }).toBe(true);
        await client.delete(kindOf(Task), { name: 'other' });
        await client.create(kindOf(Task), task('third'));
        await expect.poll(() => began.has('third'), { timeout: 10_000 }).toBe(true);
        expect(began.get('stuck')).toBe(1);
        const { checks } = await host.get(Readiness).report();
        expect(checks.find(({ ok }) => !ok)).toMatchObject({
          reason: expect.stringMatching(/its run of default\/stuck, which does not end .* and for 1 more/) as string,
        });
        const told = lines.filter(({ message }) => message === 'a reconcile does not end');
        expect(told.map(({ fields }) => fields?.['key'])).toEqual(['default/stuck', 'default/other']);
      } finally {
        release();
      }
      await expect.poll(async () => (await host.get(Readiness).report()).ready).toBe(true);
    }));

  it('whose object is deleted meanwhile is no error', () =>
    withTasks(async ({ client, behaviour, lines }) => {
      let isDone = false;
      behaviour.run = async (object, ctx) => {
        await vanish(client, object.metadata.name ?? '');
        // An object that went needs no status.
        await ctx.status({ runs: 1 });
        isDone = true;
        await ctx.patch(kindOf(Task), object, { metadata: { labels: { a: 'b' } } });
      };
      await client.create(kindOf(Task), task('a'));
      await expect.poll(() => isDone).toBe(true);
      await expect.poll(() => lines.some(({ message }) => message.startsWith('the object was deleted'))).toBe(true);
      expect(lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
    }));

  it('whose finalizer finds its object gone is no error', () =>
    withTasks(async ({ client, behaviour, host, lines }) => {
      let released = 0;
      behaviour.release = async ({ metadata: { name = '' } }) => {
        released++;
        await client.patch(kindOf(Task), { name }, { type: 'merge', patch: { metadata: { finalizers: null } } });
      };
      let ran = 0;
      behaviour.run = () => void ran++;
      await client.create(kindOf(Task), task('a'));
      await expect.poll(() => ran).toBe(1);
      await client.delete(kindOf(Task), { name: 'a' });
      await expect.poll(() => client.get(kindOf(Task), { name: 'a' }).catch(isNotFound)).toBe(true);
      await expect.poll(async () => (await host.get(Readiness).report()).ready).toBe(true);
      expect(released).toBe(1);
      expect(lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
    }));

  it('that misses another object of its kind, or of its name, fails as before', () =>
    withTasks(async ({ client, behaviour, lines }) => {
      const failures = (): number => lines.filter(({ message }) => message === 'reconcile failed').length;
      behaviour.run = ({ metadata: { name = '' } }, ctx) =>
        ctx.client.get(kindOf(Task), { name, namespace: 'elsewhere' });
      await client.create(kindOf(Task), task('a'));
      await expect.poll(failures).toBeGreaterThan(1);
      const before = failures();
      behaviour.run = (_task, ctx) => ctx.client.get(kindOf(Task), { name: 'missing' });
      await expect.poll(failures, { timeout: 10_000 }).toBeGreaterThan(before + 1);
    }));
});
