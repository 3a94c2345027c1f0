import { inject, multiInject, optional } from 'inversify';
import { describe, expect, it } from 'vitest';
import { Clock } from '../clock/clock.js';
import { token } from '../di/token.js';
import { Logger, silentLogger } from '../logger/logger.js';
import { Metrics } from '../metrics/metrics.js';
import { extensionPoint } from '../plugin/extension-point.js';
import type { Lifecycle } from '../plugin/lifecycle.js';
import { Plugin, contribute, provide } from '../plugin/plugin.js';
import { Random } from '../random/random.js';
import { FakeClock } from '../testing/fake-clock.js';
import { Tracer } from '../tracing/tracer.js';
import { Host } from './host.js';

interface Store {
  get(): string;
}
const Store = token<Store>('@kubewright/core/test/Store');
interface Step {
  run(): string;
}
const Step = extensionPoint<Step>('@kubewright/core/test/Step');

@Plugin({ name: 'store', provides: [Store], stage: 'foundation' })
class MemoryStore implements Store {
  get(): string {
    return 'memory';
  }
}

@Plugin({ name: 'engine' })
class Engine {
  constructor(
    @inject(Store) readonly store: Store,
    @multiInject(Step) @optional() readonly steps: readonly Step[],
  ) {}
}

const step = (name: string) => ({ name, contributes: [contribute(Step, { value: { run: () => name } })] });

describe('Host, what it builds', () => {
  it('injects what plugins provide, whatever the order of registration', async () => {
    const host = await new Host().use(Engine).use(MemoryStore).start();
    expect(host.get(Engine).store.get()).toBe('memory');
    expect(host.get(MemoryStore)).toBe(host.get(Store));
  });

  it('gives contributions in the order of registration, one bundle or many calls alike', async () => {
    @Plugin({ name: 'class-step', contributes: [Step] })
    class ClassStep implements Step {
      run(): string {
        return 'class-step';
      }
    }
    const host = await new Host()
      .use([step('a'), [step('b')]])
      .use(Engine)
      .use(ClassStep)
      .use(step('c'))
      .use(MemoryStore)
      .start();
    expect(host.get(Engine).steps.map((one) => one.run())).toEqual(['a', 'b', 'class-step', 'c']);
    expect(host.getAll(Step)).toEqual(host.get(Engine).steps);
  });

  it('gives no contributions as an empty list', async () => {
    const host = await new Host().use([Engine, MemoryStore]).start();
    expect(host.get(Engine).steps).toEqual([]);
    expect(host.getAll(Step)).toEqual([]);
  });

  it('builds bound classes once, with their own injections', async () => {
    class Helper {
      constructor(@inject(Store) readonly store: Store) {}
    }
    const definition = {
      name: 'helpers',
      provides: [provide(Helper, { class: Helper })],
      contributes: [
        contribute(Step, {
          class: class {
            run = () => 'built';
          },
        }),
      ],
    };
    const host = await new Host().use([definition, MemoryStore]).start();
    expect(host.get(Helper).store.get()).toBe('memory');
    expect(host.get(Helper)).toBe(host.get(Helper));
    expect(host.getAll(Step).map((one) => one.run())).toEqual(['built']);
  });

  it('has the base services without being asked', async () => {
    const host = await new Host().start();
    expect(host.get(Clock).now()).toBeGreaterThan(0);
    expect(host.get(Random).next()).toBeLessThan(1);
    expect(host.get(Logger)).toBe(silentLogger);
    expect([host.get(Metrics), host.get(Tracer)]).not.toContain(undefined);
    expect(host.get(Host)).toBe(host);
  });

  it('prefers an override to a plugin, and a plugin to its own service', async () => {
    const [fromPlugin, fromTest] = [new FakeClock(1), new FakeClock(2)];
    const clocks = { name: 'clocks', provides: [provide(Clock, { value: fromPlugin })] };
    const plain = await new Host().use(clocks).start();
    expect(plain.get(Clock)).toBe(fromPlugin);
    const tested = await new Host().use(clocks).override(Clock, fromTest).start();
    expect(tested.get(Clock)).toBe(fromTest);
  });

  it('rebinds any token in tests: a service, a class, all contributions', async () => {
    const host = new Host()
      .use([Engine, step('real')])
      .override(Store, { get: () => 'fake' })
      .override(Step, [{ run: () => 'fake' }]);
    const started = await host.start();
    expect(started.get(Engine).store.get()).toBe('fake');
    expect(started.get(Engine).steps.map((one) => one.run())).toEqual(['fake']);
    const fake = new Engine({ get: () => 'fake' }, []);
    expect((await new Host().use([Engine, MemoryStore]).override(Engine, fake).start()).get(Engine)).toBe(fake);
  });

  it('replaces a plugin by a subclass that answers to its class, name and place', async () => {
    @Plugin({ name: 'faster' })
    class Faster extends Engine {}
    @Plugin({ name: 'dashboard', requires: ['engine'] })
    class Dashboard {
      constructor(@inject(Engine) readonly engine: Engine) {}
    }
    const host = new Host().use([Engine, MemoryStore, Dashboard]).use(Faster, { replaces: 'engine' });
    const started = await host.start();
    expect(started.get(Dashboard).engine).toBeInstanceOf(Faster);
    expect(started.get(Engine)).toBe(started.get(Faster));
    expect(started.graph().nodes.map(({ name }) => name)).toEqual(['faster', 'store', 'dashboard']);
  });

  it('names the plugin whose constructor throws, and starts nothing', async () => {
    const started: string[] = [];
    @Plugin({ name: 'fragile' })
    class Fragile {
      readonly size = 1;
      constructor() {
        throw new Error('no room');
      }
    }
    const first: Lifecycle & { name: string } = { name: 'first', start: async () => void started.push('first') };
    const error: unknown = await new Host()
      .use([first, Fragile])
      .start()
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'KW_CORE_CONSTRUCTION_FAILED',
      message: "plugin 'fragile' could not be built: no room (KW_CORE_CONSTRUCTION_FAILED)",
    });
    expect(started).toEqual([]);
  });

  it('has no instances before the start, and takes no plugins after it', async () => {
    const host = new Host();
    expect(() => host.get(Clock)).toThrow('call start() first');
    await host.start();
    expect(() => host.use(MemoryStore)).toThrow('register plugins and overrides before start()');
    await host.stop();
  });
});

describe('Host, children', () => {
  it('see the services and contributions of the parent, and add their own', async () => {
    const host = await new Host().use([MemoryStore, step('parent')]).start();
    const one = await host
      .child({ name: 'one' })
      .use([Engine, step('one')])
      .start();
    const two = await host.child({ name: 'two' }).use(Engine).start();
    expect(one.get(Engine).store).toBe(host.get(Store));
    expect(one.get(Engine).steps.map((each) => each.run())).toEqual(['parent', 'one']);
    expect(two.get(Engine).steps.map((each) => each.run())).toEqual(['parent']);
    expect(host.getAll(Step).map((each) => each.run())).toEqual(['parent']);
    expect(one.get(Host)).toBe(one);
  });

  it('stop before their parent, and may be stopped alone', async () => {
    const log: string[] = [];
    const logging = (name: string): Lifecycle & { name: string } => ({ name, stop: async () => void log.push(name) });
    const host = await new Host().use(logging('parent')).start();
    await host.child({ name: 'one' }).use(logging('one')).start();
    const two = await host.child({ name: 'two' }).use(logging('two')).start();
    await host.child({ name: 'three' }).use(logging('three')).start();
    await two.stop();
    await host.stop();
    expect(log).toEqual(['two', 'three', 'one', 'parent']);
  });

  it('do not start without a running parent', async () => {
    const host = new Host({ name: 'top' });
    await expect(host.child({ name: 'low' }).start()).rejects.toThrow(
      "its parent 'top' has not started or is stopping",
    );
  });

  it('know the plugins of the parent by name', async () => {
    const host = await new Host().use({ name: 'base', version: '1.4.0' }).start();
    const child = host.child({ name: 'one' }).use({ name: 'top', requires: ['base@^2.0.0'] });
    expect(() => child.validate()).toThrow("requires 'base' in version ^2.0.0, but 1.4.0 is registered");
  });
});
