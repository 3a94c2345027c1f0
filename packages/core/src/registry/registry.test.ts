import { inject, multiInject } from 'inversify';
import { describe, expect, it } from 'vitest';
import { token } from '../di/token.js';
import type { KubewrightError } from '../errors/define-errors.js';
import { Host } from '../host/host.js';
import { extensionPoint } from '../plugin/extension-point.js';
import { Plugin, contribute, provide } from '../plugin/plugin.js';
import type { PluginLike } from '../plugin/plugin.js';

const A = token<object>('@test/A');
const B = token<object>('@test/B');
const Hook = extensionPoint<object>('@test/Hook');

/** The problems of a host as `code: text`, without the code at the end of the text. */
function problemsOf(...plugins: PluginLike[]): string[] {
  try {
    new Host().use(plugins).validate();
    return [];
  } catch (error) {
    const { details } = error as KubewrightError & { details: { problems: KubewrightError[] } };
    return details.problems.map(
      ({ code, message }) => `${code.slice('KW_CORE_'.length)}: ${message.replace(/ \(KW_[A-Z_]+\)$/, '')}`,
    );
  }
}

@Plugin({ name: 'needs-a' })
class NeedsA {
  constructor(@inject(A) readonly a: object) {}
}

describe('validation', () => {
  it('accepts what fits together', () => {
    expect(problemsOf(NeedsA, { name: 'a', provides: [provide(A, { value: {} })] })).toEqual([]);
  });

  it.each<[string, PluginLike[], string]>([
    [
      'unknown token',
      [NeedsA],
      "UNKNOWN_DEPENDENCY: plugin 'needs-a' needs @test/A (constructor parameter 0 of NeedsA), which nothing provides: use() the plugin that provides it, or mark the parameter @optional()",
    ],
    [
      'unknown plugin',
      [{ name: 'x', requires: ['stroage'] }, { name: 'storage' }],
      "UNKNOWN_DEPENDENCY: plugin 'x' needs plugin 'stroage' (requires), which nothing provides (did you mean 'storage'?): use() the plugin that provides it, or mark the parameter @optional()",
    ],
    [
      'duplicate name',
      [{ name: 'x' }, { name: 'x' }],
      "DUPLICATE_PLUGIN: two plugins are named 'x': rename one of them, or register the second with use(…, { replaces: 'x' })",
    ],
    [
      'two providers',
      [
        { name: 'x', provides: [provide(A, { value: {} })] },
        { name: 'y', provides: [provide(A, { value: {} })] },
      ],
      "DUPLICATE_PROVIDER: plugins 'x' and 'y' all provide @test/A: remove one, or let one replace the other with use(…, { replaces: 'x' })",
    ],
    [
      'wrong version',
      [
        { name: 'x', requires: ['y@^2.0.0'] },
        { name: 'y', version: '1.9.0' },
      ],
      "WRONG_VERSION: plugin 'x' requires 'y' in version ^2.0.0, but 1.9.0 is registered: install a version of 'y' in that range",
    ],
    [
      'version not stated',
      [{ name: 'x', requires: ['@s/y@^2.0.0'] }, { name: '@s/y' }],
      "WRONG_VERSION: plugin 'x' requires '@s/y' in version ^2.0.0, but one without a version is registered: install a version of '@s/y' in that range",
    ],
    [
      'missing extension',
      [{ name: 'x', requires: [Hook] }],
      "MISSING_EXTENSION: plugin 'x' needs at least one contribution to extension point @test/Hook (requires), and there is none: use() a plugin that contributes to it",
    ],
    [
      'nobody consumes',
      [{ name: 'x', requiresConsumersOf: [Hook] }],
      "UNCONSUMED_EXTENSION: plugin 'x' extends extension point @test/Hook, which no plugin of this host consumes: use() the plugin that does",
    ],
    [
      'cycle',
      [
        { name: 'z', requires: ['x'] },
        { name: 'x', requires: [B], provides: [provide(A, { value: {} })] },
        { name: 'y', requires: [A], provides: [provide(B, { value: {} })] },
      ],
      'DEPENDENCY_CYCLE: plugins depend on each other in a circle: x → y (@test/B) → x (@test/A): remove one of these dependencies, or move what both sides need into a third plugin',
    ],
  ])('%s', (_what, plugins, text) => {
    expect(problemsOf(...plugins)).toEqual([text]);
  });

  it('missing @inject: names class, parameter and fix, also for a base class and a bound class', () => {
    class Base {
      constructor(
        @inject(A) readonly a: object,
        readonly size: number,
      ) {}
    }
    @Plugin({ name: 'sub', provides: [provide(A, { value: {} }), provide(B, { class: Base })] })
    class Sub extends Base {}
    const text =
      "MISSING_INJECT: plugin 'sub': constructor parameter 1 of Base says nothing about what to inject: put @inject(TOKEN) before it";
    expect(problemsOf(Sub)).toEqual([text, text]);
  });

  it('not a plugin: a class without @Plugin, and anything else', () => {
    class Plain {
      readonly size = 1;
    }
    expect(problemsOf(Plain, 'x' as never)).toEqual([
      'NOT_A_PLUGIN: Plain is not a plugin: decorate the class with @Plugin({ name: … }), or pass { name: …, … } or a list of plugins',
      'NOT_A_PLUGIN: a value of type string is not a plugin: decorate the class with @Plugin({ name: … }), or pass { name: …, … } or a list of plugins',
    ]);
  });

  it('a plugin without a class that names a bare token', () => {
    expect(problemsOf({ name: 'x', contributes: [Hook] } as never)).toEqual([
      "NO_INSTANCE: plugin 'x' is plain data and has no instance that could stand for extension point @test/Hook: write provide(TOKEN, …) or contribute(POINT, …) in place of the bare name",
    ]);
  });

  it('a single injection of an extension point with several contributions', () => {
    @Plugin({ name: 'one' })
    class One {
      constructor(@inject(Hook) readonly hook: object) {}
    }
    const hook = (name: string): PluginLike => ({ name, contributes: [contribute(Hook, { value: {} })] });
    expect(problemsOf(One, hook('x'))).toEqual([]);
    expect(problemsOf(One, hook('x'), hook('y'))).toEqual([
      "AMBIGUOUS_EXTENSION: plugin 'one' takes exactly one contribution to extension point @test/Hook (constructor parameter 0 of One), and there are 2: register one only, or take all with @multiInject",
    ]);
  });

  it('replacing what is not there', () => {
    const host = new Host().use({ name: 'storage' }).use({ name: 'x' }, { replaces: 'storag' });
    expect(() => host.validate()).toThrow(
      "plugin 'x' is to replace 'storag', which is not registered (did you mean 'storage'?): correct the name, or drop { replaces }",
    );
  });

  it('reports all problems at once, as one numbered text', async () => {
    const host = new Host({ name: 'h' }).use([NeedsA, { name: 'x' }, { name: 'x', requires: ['y'] }]);
    const error: unknown = await host.start().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'KW_CORE_INVALID_PLUGINS' });
    expect((error as Error).message).toMatch(
      /^host 'h' cannot start: 3 problems\n {2}1\. two plugins .*\n {2}2\. plugin 'needs-a' needs .*\n {2}3\. plugin 'x' needs plugin 'y' /,
    );
  });

  it('a long chain and a diamond are no cycle', () => {
    const chain = Array.from({ length: 200 }, (_, index) => ({
      name: `p${index}`,
      requires: index > 1 ? [`p${index - 1}`, `p${index - 2}`] : [],
    }));
    expect(problemsOf(...chain)).toEqual([]);
  });
});

describe('graph', () => {
  @Plugin({ name: 'engine', stage: 'foundation' })
  class Engine {
    constructor(@multiInject(Hook) readonly hooks: readonly object[]) {}
  }
  const host = new Host().use([
    Engine,
    { name: 'hook', contributes: [contribute(Hook, { value: {} })], requires: ['base'] },
    { name: 'base' },
  ]);

  it('prints as text', () => {
    expect(host.graph().toString()).toBe(
      [
        'foundation:',
        '  engine',
        '    needs hook (extension point @test/Hook)',
        'work:',
        '  hook',
        '    needs base',
        '  base',
        '',
      ].join('\n'),
    );
  });

  it('prints as Mermaid', () => {
    expect(host.graph().toMermaid()).toBe(
      [
        'flowchart LR',
        '  p0["engine"]',
        '  p1["hook"]',
        '  p2["base"]',
        '  p0 -->|"extension point @test/Hook"| p1',
        '  p1 --> p2',
        '',
      ].join('\n'),
    );
  });

  it('lists nodes and edges, also of plugins that do not fit together', () => {
    const graph = new Host().use(NeedsA).graph();
    expect(graph.nodes).toEqual([{ name: 'needs-a', stage: 'work', provides: ['NeedsA'], contributes: [] }]);
    expect(graph.edges).toEqual([]);
  });
});
