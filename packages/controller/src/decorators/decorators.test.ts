import { Deployment } from '@kubewright/api/apps/v1';
import { Plugin, pluginData } from '@kubewright/core';
import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Reconciler } from '../reconcile/reconciler.js';
import { Controller, controllerOptionsOf, defaultName } from './controller.js';
import { composeDecorators, createDecorator } from './create-decorator.js';
import { Finalizer, finalizersOf } from './finalizer.js';
import { Watches, watchesOf } from './watches.js';

@Controller({ for: Deployment, concurrency: 3 })
class WebAppController extends Reconciler<Deployment> {
  reconcile(): Promise<void> {
    return Promise.resolve();
  }

  @Finalizer('example.com/first') first(): Promise<void> {
    return Promise.resolve();
  }

  @Finalizer('example.com/second') second(): Promise<void> {
    return Promise.resolve();
  }
}

class Plain extends WebAppController {
  @Finalizer('example.com/third') third(): Promise<void> {
    return Promise.resolve();
  }
}

@Controller({ for: Deployment, name: 'canary' })
class Canary extends WebAppController {}

describe('Controller', () => {
  it.each([
    ['WebsiteController', 'website'],
    ['HTTPRouteController', 'http-route'],
    ['CertificateV2Controller', 'certificate-v2'],
    ['Sweeper', 'sweeper'],
  ])('names %s %s', (className, name) => {
    expect(defaultName(className)).toBe(name);
  });

  it('makes the class a plugin that contributes itself', () => {
    expect(pluginData(WebAppController)).toMatchObject({ name: 'web-app' });
    expect(pluginData(WebAppController)?.contributes).toHaveLength(1);
  });

  it('is inherited by an undecorated subclass, and overridden field by field by a decorated one', () => {
    expect(controllerOptionsOf(Plain)).toMatchObject({ name: 'web-app', concurrency: 3 });
    expect(controllerOptionsOf(Canary)).toMatchObject({ name: 'canary', concurrency: 3 });
    expect(controllerOptionsOf(Object)).toBeUndefined();
  });
});

describe('Finalizer', () => {
  it('lists finalizers in the order of the class body, the base first', () => {
    expect(finalizersOf(new Plain())).toEqual([
      { finalizer: 'example.com/first', method: 'first' },
      { finalizer: 'example.com/second', method: 'second' },
      { finalizer: 'example.com/third', method: 'third' },
    ]);
  });
});

describe('decorators that are repeated', () => {
  it('a finalizer of an overridden method counts once, one of two methods is refused', () => {
    class Overriding extends WebAppController {
      @Finalizer('example.com/first') override first(): Promise<void> {
        return Promise.resolve();
      }
    }
    class Twofold extends WebAppController {
      @Finalizer('example.com/first') other(): Promise<void> {
        return Promise.resolve();
      }
    }
    expect(finalizersOf(new Overriding()).map(({ finalizer }) => finalizer)).toEqual([
      'example.com/first',
      'example.com/second',
    ]);
    expect(() => finalizersOf(new Twofold())).toThrow('first and other of Twofold have one finalizer');
  });

  it('several finalizers of one method all count', () => {
    class Both extends Reconciler<Deployment> {
      reconcile(): Promise<void> {
        return Promise.resolve();
      }

      @Finalizer('example.com/a') @Finalizer('example.com/b') free(): Promise<void> {
        return Promise.resolve();
      }
    }
    expect(
      finalizersOf(new Both())
        .map(({ finalizer }) => finalizer)
        .toSorted(),
    ).toEqual(['example.com/a', 'example.com/b']);
  });

  it('a class is a controller once', () => {
    const twice = () => {
      @Controller({ for: Deployment, name: 'a' })
      @Controller({ for: Deployment, name: 'b' })
      class Twice extends WebAppController {}
      return Twice;
    };
    expect(twice).toThrow('Twice has two @Controller');
  });
});

describe('Watches', () => {
  it('collects the watches of a class and its bases, top to bottom', () => {
    @Watches(() => NEVER, () => [{ name: 'outer' }])
    @Watches(() => NEVER, () => [{ name: 'inner' }])
    class Base {}
    @Watches(() => NEVER, () => [{ name: 'own' }])
    class Derived extends Base {}
    const names = watchesOf(Derived).map((watch) => {
      const keys: Iterable<{ readonly name: string }> = 'source' in watch ? watch.map(undefined) : [];
      return [...keys].map(({ name }) => name).join();
    });
    expect(names).toEqual(['outer', 'inner', 'own']);
  });
});

describe('createDecorator', () => {
  const calls: string[] = [];
  const log = (name: string): MethodDecorator =>
    createDecorator(async ({ method, args }, next) => {
      calls.push(`${name} before ${method}(${args.join()})`);
      const result = await next();
      calls.push(`${name} after`);
      return result;
    });
  const Retry = createDecorator(async (_call, next) => {
    try {
      return await next();
    } catch {
      return next();
    }
  });

  it('surrounds the method, the first of several outermost, and keeps this and the answer', async () => {
    class Service {
      base = 40;
      @composeDecorators(log('outer'), log('inner')) add(more: number): Promise<number> {
        return Promise.resolve(this.base + more);
      }
    }
    expect(await new Service().add(2)).toBe(42);
    expect(calls).toEqual(['outer before add(2)', 'inner before add(2)', 'inner after', 'outer after']);
  });

  it('may call the method again', async () => {
    class Flaky {
      tries = 0;
      @Retry run(): Promise<string> {
        return ++this.tries === 1 ? Promise.reject(new Error('first')) : Promise.resolve('second');
      }
    }
    expect(await new Flaky().run()).toBe('second');
  });
});

describe('a plugin decorator of core', () => {
  it('does not make a class a controller', () => {
    @Plugin({ name: 'other' })
    class Other {}
    expect(controllerOptionsOf(Other)).toBeUndefined();
  });
});
