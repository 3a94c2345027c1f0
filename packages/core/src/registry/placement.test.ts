import { inject, multiInject, optional } from 'inversify';
import { describe, expect, it } from 'vitest';
import { token } from '../di/token.js';
import { Host } from '../host/host.js';
import { extensionPoint } from '../plugin/extension-point.js';
import { level, levelOf } from '../plugin/level.js';
import { Plugin, contribute, last, provide } from '../plugin/plugin.js';
import type { PluginLike } from '../plugin/plugin.js';

const upper = level('@test/upper');
const lower = level('@test/lower');
const Policy = extensionPoint<object>('@test/Policy', { level: upper });
const Filter = extensionPoint<object>('@test/Filter', { level: lower });
const Anywhere = extensionPoint<object>('@test/Anywhere');
const Helper = token<object>('@test/Helper');

@Plugin({ name: 'consumer' })
class Consumer {
  constructor(@multiInject(Policy) @optional() readonly policies: readonly object[]) {}
}
const policy = (name: string, requires: string[] = []): PluginLike => ({
  name,
  requires,
  contributes: [contribute(Policy, { value: {} })],
});
const plain = (name: string, requires: string[] = []): PluginLike => ({ name, requires });
const uses = (...plugins: PluginLike[]) => plugins.map((plugin) => ({ plugin }));
const names = (host: Host): string[] => host.graph().nodes.map(({ name }) => name);
const host = (): Host => new Host({ name: 'upper', levels: [upper] }).use(Consumer);

function place(...plugins: PluginLike[]) {
  const parent = host();
  const child = parent.child({ name: 'lower', levels: [lower] });
  for (const { plugin } of parent.claim(uses(...plugins))) child.use(plugin);
  return { parent, child, names: [names(parent), names(child)] };
}

describe('the place of a plugin', () => {
  it('is where the extension point that it contributes to lives; all others go below', () => {
    const filter: PluginLike = { name: 'filter', contributes: [contribute(Filter, { value: {} })] };
    expect(place(plain('a'), [policy('b'), [filter]], policy('c')).names).toEqual([
      ['consumer', 'b', 'c'],
      ['a', 'filter'],
    ]);
  });

  it('takes along what it needs: by token, by name, through another and by what contributes to its own point', () => {
    const helper: PluginLike = { name: 'helper', provides: [provide(Helper, { value: {} })], requires: ['deeper'] };
    @Plugin({ name: 'uses-helper', contributes: [Policy] })
    class UsesHelper {
      constructor(
        @inject(Helper) readonly helper: object,
        @multiInject(Anywhere) @optional() readonly rules: readonly object[],
      ) {}
    }
    const rule: PluginLike = { name: 'rule', contributes: [contribute(Anywhere, { value: {} })] };
    expect(place(helper, plain('deeper'), rule, plain('other', ['helper']), UsesHelper).names).toEqual([
      ['consumer', 'helper', 'deeper', 'rule', 'uses-helper'],
      ['other'],
    ]);
  });

  it('is that of the plugin that it replaces', () => {
    const parent = host().use(plain('engine'));
    const rest = parent.claim([
      { plugin: plain('faster'), options: { replaces: 'engine' } },
      { plugin: plain('fastest'), options: { replaces: 'faster' } },
      { plugin: plain('mine'), options: { replaces: 'binder' } },
    ]);
    expect(names(parent)).toEqual(['consumer', 'fastest']);
    expect(rest).toEqual([{ plugin: { name: 'mine', requires: [] }, options: { replaces: 'binder' } }]);
  });

  it('of what a package demands is where its points are, or the lowest host, which knows the consumers above', () => {
    const demand = (name: string, ...points: (typeof Policy)[]): PluginLike => ({ name, requiresConsumersOf: points });
    const { child, names: placed } = place(demand('one', Policy), demand('two', Policy, Anywhere));
    expect(placed).toEqual([['consumer', 'one'], ['two']]);
    expect(() => child.validate()).toThrow(/1 problem\n.*'two' extends extension point @test\/Anywhere/);
  });

  it('cannot be in two hosts', () => {
    const torn: PluginLike = {
      name: 'torn',
      contributes: [contribute(Policy, { value: {} }), contribute(Filter, { value: {} })],
    };
    expect(() => place(torn).parent.validate()).toThrow(
      "plugin 'torn' contributes to extension point @test/Policy and to extension point @test/Filter, which lives at level @test/lower and so in another host than 'upper': make two plugins of it",
    );
  });

  it('is refused where what it extends lives elsewhere', () => {
    expect(() => new Host({ name: 'h', levels: [lower] }).use(policy('b')).validate()).toThrow(
      "plugin 'b' contributes to extension point @test/Policy, which lives at level @test/upper, and host 'h' has @test/lower",
    );
    const { parent } = place(policy('needs', ['filter']), {
      name: 'filter',
      contributes: [contribute(Filter, { value: {} })],
    });
    expect(() => parent.validate()).toThrow("plugin 'filter' contributes to extension point @test/Filter, which lives");
    expect(() => new Host().use(policy('b')).validate()).not.toThrow();
  });
});

describe('a level', () => {
  it('is known by its name, and a point has one', () => {
    expect(levelOf(extensionPoint('@test/Policy', { level: level('@test/upper') }))).toEqual(upper);
    expect(levelOf(extensionPoint('@test/Policy'))).toEqual(upper);
    expect(levelOf(Anywhere)).toBeUndefined();
    expect(() => extensionPoint('@test/Policy', { level: lower })).toThrow(
      'the extension point @test/Policy was declared at level @test/upper and again at level @test/lower',
    );
  });
});

describe('doing without a plugin', () => {
  @Plugin({ name: 'engine' })
  class Engine {}

  it('leaves it out, by class or by name, also where it replaced another', () => {
    const make = () => new Host().use([Engine, plain('a')]);
    expect(names(make().without(Engine))).toEqual(['a']);
    expect(names(make().without('engine'))).toEqual(['a']);
    expect(names(make().use(plain('faster'), { replaces: 'engine' }).without(Engine))).toEqual(['a']);
    expect([make().has(Engine), make().has('b')]).toEqual([true, false]);
  });

  it('tells what needs it, and what is not there', () => {
    expect(() =>
      new Host()
        .use([Engine, plain('a', ['engine'])])
        .without(Engine)
        .validate(),
    ).toThrow("plugin 'a' needs plugin 'engine' (requires), which nothing provides");
    expect(() => new Host({ name: 'h' }).use(Engine).without('engin').validate()).toThrow(
      "host 'h' is to do without 'engin', which is not registered (did you mean 'engine'?)",
    );
  });
});

describe('the last of the contributions', () => {
  it('come behind all others, also those of a child', async () => {
    const named = (...texts: string[]) => texts.map((name) => ({ name }));
    const say = (name: string) => ({ name, contributes: [contribute(Anywhere, { value: { name } })] });
    const fallback = (name: string) => ({
      name,
      contributes: [last(contribute(Anywhere, { value: { name } }))],
    });
    const parent = await new Host().use([fallback('z'), say('a'), say('b')]).start();
    const child = await parent
      .child({ name: 'c' })
      .use([fallback('y'), say('c')])
      .start();
    expect(parent.getAll(Anywhere)).toEqual(named('a', 'b', 'z'));
    expect(child.getAll(Anywhere)).toEqual(named('a', 'b', 'c', 'z', 'y'));
  });
});
