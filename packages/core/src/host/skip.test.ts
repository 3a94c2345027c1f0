import { inject, multiInject, optional } from 'inversify';
import { describe, expect, it } from 'vitest';
import { token } from '../di/token.js';
import { extensionPoint } from '../plugin/extension-point.js';
import { Plugin, contribute, provide } from '../plugin/plugin.js';
import type { PluginLike } from '../plugin/plugin.js';
import { skip } from '../plugin/skip.js';
import { Host } from './host.js';

const Tool = token<object>('@test/Tool');
const Limit = token<number>('@test/Limit');
const Step = extensionPoint<string>('@test/Step');

@Plugin({ name: 'tool', provides: [Tool], contributes: [Step], check: () => skip('the machine has no such tool') })
class AbsentTool {
  constructor() {
    throw new Error('must not be built');
  }
}
@Plugin({ name: 'user' })
class User {
  constructor(@inject(Tool) readonly tool: object) {}
}
@Plugin({ name: 'tolerant' })
class Tolerant {
  constructor(
    @inject(Tool) @optional() readonly tool: object | undefined,
    @multiInject(Step) @optional() readonly steps: readonly string[],
  ) {}
}
const states = (host: Host) => host.plugins().map(({ name, state, reason }) => [name, state, reason].join(' | '));

describe('a plugin that cannot run here', () => {
  it('is not built and does not contribute; what needs it is skipped with that cause, and others run', async () => {
    const step: PluginLike = { name: 'step', contributes: [contribute(Step, { value: 'step' })] };
    const host = await new Host().use([AbsentTool, User, { name: 'top', requires: ['user'] }, Tolerant, step]).start();
    expect(states(host)).toEqual([
      'tolerant | started | ',
      'step | started | ',
      'tool | skipped | the machine has no such tool',
      "user | skipped | it needs 'tool', which is skipped: the machine has no such tool",
      "top | skipped | it needs 'user', which is skipped: it needs 'tool', which is skipped: the machine has no such tool",
    ]);
    expect([host.get(Tolerant).tool, host.get(Tolerant).steps]).toEqual([undefined, ['step']]);
    expect(() => host.get(User)).toThrow("there is no User, since plugin 'user' is skipped: it needs 'tool'");
    await host.stop();
    expect(states(host)[0]).toBe('tolerant | stopped | ');
  });

  it('takes with it whoever needs at least one contribution', async () => {
    const host = await new Host().use([AbsentTool, { name: 'steps', requires: [Step] }]).start();
    expect(states(host)[1]).toBe("steps | skipped | it needs 'tool', which is skipped: the machine has no such tool");
    await host.stop();
  });

  it('may look at values and at the host above, and at nothing that is not built yet', async () => {
    const small = (name: string): PluginLike => ({
      name,
      check: ({ get }) => (get(Limit) < 5 ? skip(`the limit is ${get(Limit)}`) : undefined),
    });
    const limit: PluginLike = { name: 'limit', provides: [provide(Limit, { value: 4 })] };
    const parent = await new Host().use([limit, small('own')]).start();
    const child = await parent.child({ name: 'child' }).use(small('below')).start();
    expect([states(parent)[1], states(child)[0]]).toEqual([
      'own | skipped | the limit is 4',
      'below | skipped | the limit is 4',
    ]);
    await parent.stop();
    await expect(new Host().use(small('alone')).start()).rejects.toThrow("a plugin's check asks for @test/Limit");
    const broken: PluginLike = {
      name: 'broken',
      check: () => {
        throw new Error('oops');
      },
    };
    await expect(new Host().use(broken).start()).rejects.toThrow("the check of plugin 'broken' failed: oops");
  });
});

describe('the report of plugins', () => {
  it('says what failed, what is replaced and what is left out', async () => {
    const failing: PluginLike = { name: 'failing', start: () => Promise.reject(new Error('no room')) };
    const host = new Host()
      .use([{ name: 'old' }, { name: 'odd' }, failing])
      .use({ name: 'new' }, { replaces: 'old' })
      .without('odd');
    expect(states(host)[0]).toBe('new | registered | ');
    await expect(host.start()).rejects.toThrow('no room');
    expect(states(host).slice(1)).toEqual([
      "failing | failed | plugin 'failing' failed to start: no room (KW_CORE_START_FAILED)",
      "old | replaced | by 'new'",
      'odd | left out | the host does without it',
    ]);
  });

  it('says what each extends, reads and needs', () => {
    const [report] = new Host().use([Tolerant, AbsentTool]).plugins();
    expect(report).toMatchObject({
      levels: [],
      contributes: [],
      consumes: ['extension point @test/Step'],
      needs: [
        { plugin: 'tool', via: '@test/Tool' },
        { plugin: 'tool', via: 'extension point @test/Step' },
      ],
    });
  });
});
