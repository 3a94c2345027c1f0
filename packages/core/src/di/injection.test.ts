import { Container, inject, optional, unmanaged, multiInject, LazyServiceIdentifier } from 'inversify';
import { describe, expect, it } from 'vitest';
import { Plugin, pluginData } from '../plugin/plugin.js';
import { inheritInjection, injectionsOf, missingInjections } from './injection.js';
import { token } from './token.js';
import type { Class } from './injection.js';

interface Greeter {
  greet(): string;
}
const Greeter = token<Greeter>('@kubewright/core/test/Greeter');
const Names = token<string>('@kubewright/core/test/Names');

@Plugin({ name: 'base' })
class Base {
  constructor(
    @inject(Greeter) readonly greeter: Greeter,
    @multiInject(Names) @optional() readonly names: readonly string[],
  ) {}
}

class Undecorated extends Base {}

@Plugin({ name: 'redecorated' })
class Redecorated extends Undecorated {
  readonly field = 'kept';
}

@Plugin({ name: 'own' })
class OwnConstructor extends Base {
  constructor(@inject(Greeter) greeter: Greeter) {
    super(greeter, ['fixed']);
  }
}

function build<T>(target: new (...args: never[]) => T): T {
  const container = new Container();
  container.bind<Greeter>(Greeter).toConstantValue({ greet: () => 'hello' });
  inheritInjection(target);
  container.bind('it').to(target);
  return container.get<T>('it');
}

describe('inheritInjection', () => {
  it.each([Base, Undecorated, Redecorated])(
    '%o without a constructor of its own gets the injections of its base',
    (target) => {
      const built = build<Base>(target);
      expect(built.greeter.greet()).toBe('hello');
      expect(built.names).toEqual([]);
    },
  );

  it('is what @Plugin does, so that a plain inversify container builds a decorated subclass too', () => {
    const container = new Container();
    container.bind<Greeter>(Greeter).toConstantValue({ greet: () => 'hello' });
    container.bind(Redecorated).to(Redecorated);
    expect(container.get(Redecorated)).toMatchObject({ field: 'kept', greeter: expect.anything() as unknown });
  });

  it('leaves a constructor of the subclass alone', () => {
    expect(build(OwnConstructor).names).toEqual(['fixed']);
    expect(injectionsOf(OwnConstructor)).toHaveLength(1);
  });

  it('inherits injected properties', () => {
    class WithProperty {
      @inject(Greeter) readonly greeter!: Greeter;
    }
    class Sub extends WithProperty {
      constructor(@inject(Greeter) readonly other: Greeter) {
        super();
      }
    }
    expect(build(Sub)).toMatchObject({
      greeter: { greet: expect.any(Function) as unknown },
      other: expect.anything() as unknown,
    });
  });

  it('changes nothing the second time', () => {
    inheritInjection(Redecorated);
    const before = injectionsOf(Redecorated);
    inheritInjection(Redecorated);
    expect(injectionsOf(Redecorated)).toEqual(before);
  });

  it('inherits plugin data, except what the subclass states', () => {
    expect(pluginData(Undecorated)?.name).toBe('base');
    expect(pluginData(Redecorated)?.name).toBe('redecorated');
    expect(pluginData(Base)?.name).toBe('base');
  });
});

describe('injectionsOf', () => {
  it('reads what inversify 8 keeps about a class (its key and shape)', () => {
    class All {
      constructor(
        @inject(Greeter) readonly one: Greeter,
        @multiInject(Names) @optional() readonly many: readonly string[],
        @unmanaged() readonly none: string,
        @inject(new LazyServiceIdentifier(() => Names)) readonly lazy: string,
      ) {}
    }
    expect(injectionsOf(All)).toEqual([
      { token: Greeter, place: 'constructor parameter 0 of All', optional: false, many: false },
      { token: Names, place: 'constructor parameter 1 of All', optional: true, many: true },
      { token: Names, place: 'constructor parameter 3 of All', optional: false, many: false },
    ]);
    expect(missingInjections(All)).toEqual([]);
  });
});

describe('missingInjections', () => {
  class Bare {
    constructor(readonly size: number) {}
  }
  class Middle {
    constructor(
      @inject(Greeter) readonly greeter: Greeter,
      readonly size: number,
      @optional() readonly name: string,
    ) {}
  }
  class SubOfMiddle extends Middle {}
  class Fixed extends Bare {
    constructor() {
      super(5);
    }
  }

  it.each<[Class, { className: string; index: number }[]]>([
    [Bare, [{ className: 'Bare', index: 0 }]],
    [
      Middle,
      [
        { className: 'Middle', index: 1 },
        { className: 'Middle', index: 2 },
      ],
    ],
    [
      SubOfMiddle,
      [
        { className: 'Middle', index: 1 },
        { className: 'Middle', index: 2 },
      ],
    ],
    [Fixed, []],
    [Base, []],
  ])('of %o', (target, missing) => {
    expect(missingInjections(target)).toEqual(missing);
  });

  it('lets a subclass without parameters call a base that is not injectable', () => {
    expect(build(Fixed).size).toBe(5);
  });
});
