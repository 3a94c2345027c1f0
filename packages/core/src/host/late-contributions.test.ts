import { inject, multiInject } from 'inversify';
import { describe, expect, it } from 'vitest';
import { contributionsTo } from '../plugin/contributions.js';
import type { Contributions } from '../plugin/contributions.js';
import { extensionPoint } from '../plugin/extension-point.js';
import { level } from '../plugin/level.js';
import type { Lifecycle, StartContext } from '../plugin/lifecycle.js';
import { Plugin, contribute, last } from '../plugin/plugin.js';
import { Host } from './host.js';

const top = level('@test/top');
const Handler = extensionPoint<string>('@test/Handler', { level: top });
const Other = extensionPoint<string>('@test/Other');

@Plugin({ name: 'server' })
class Server {
  readonly seen: string[] = [];
  constructor(@inject(contributionsTo(Handler)) readonly handlers: Contributions<string>) {
    handlers.observe(() => this.seen.push(handlers.all.join(' ')));
  }
}

/** Contributes what a test asks it to. */
@Plugin({ name: 'node' })
class Contributor implements Lifecycle {
  #signal: AbortSignal | undefined;
  constructor(@inject(Host) readonly host: Host) {}
  start({ signal }: StartContext): Promise<void> {
    this.#signal = signal;
    return Promise.resolve();
  }
  add(value: string, point = Handler): Disposable {
    return this.host.contribute(point, value, { by: this, ...(this.#signal && { signal: this.#signal }) });
  }
}

const early = (value: string) => ({ name: value, contributes: [contribute(Handler, { value })] });
const fallback = { name: 'z', contributes: [last(contribute(Handler, { value: 'z' }))] };

async function running() {
  const host = await new Host({ name: 'top', levels: [top] }).use([fallback, Server, early('a')]).start();
  const child = await host.child({ name: 'low', levels: [] }).use(Contributor).start();
  return { host, child, server: host.get(Server), node: child.get(Contributor) };
}

describe('a late contribution', () => {
  it('goes to the host of its level, behind the early ones and before the last, and observers are told', async () => {
    const { host, child, server, node } = await running();
    expect(server.handlers.all).toEqual(['a', 'z']);
    expect(server.handlers.all).toBe(server.handlers.all);
    const one = node.add('one');
    node.add('two');
    expect(server.handlers.all).toEqual(['a', 'one', 'two', 'z']);
    expect(child.getAll(Handler)).toEqual(['a', 'one', 'two', 'z']);
    one[Symbol.dispose]();
    one[Symbol.dispose]();
    expect(server.seen).toEqual(['a one z', 'a one two z', 'a two z']);
    await host.stop();
  });

  it('goes when its host stops, and comes back with another one', async () => {
    const { host, child, server, node } = await running();
    node.add('one');
    await child.stop();
    expect(server.handlers.all).toEqual(['a', 'z']);
    expect(() => node.add('two')).toThrow("host 'low' is stopping");
    const next = await host.child({ name: 'next' }).use(Contributor).start();
    next.get(Contributor).add('three');
    expect(server.handlers.all).toEqual(['a', 'three', 'z']);
    await host.stop();
  });

  it('is seen below where it was made', async () => {
    @Plugin({ name: 'watcher' })
    class Watcher {
      constructor(@inject(contributionsTo(Other)) readonly others: Contributions<string>) {}
    }
    const host = await new Host().use([Watcher, Contributor]).start();
    const child = await host.child({ name: 'child' }).use({ name: 'x' }).use(Watcher).start();
    expect(child.get(Watcher).others.all).toEqual([]);
    host.get(Contributor).add('one', Other);
    expect(child.get(Watcher).others.all).toEqual(['one']);
    await host.stop();
  });

  it('is refused where nobody follows the point, or someone would miss it', async () => {
    const { host, child, node } = await running();
    expect(() => node.add('one', Other)).toThrow(
      "a contribution to extension point @test/Other cannot be made while the host runs: nothing in host 'low' or above follows that extension point",
    );
    expect(() => child.contribute(Handler, 'x', { by: {} })).toThrow(
      "it is made by something that is no plugin of host 'low'",
    );
    @Plugin({ name: 'snapshot' })
    class Snapshot {
      constructor(@multiInject(Handler) readonly handlers: readonly string[]) {}
    }
    const other = await host.child({ name: 'other' }).use(Snapshot).start();
    expect(() => node.add('one')).toThrow(
      "plugin 'snapshot' of host 'other' takes the contributions once, at the start",
    );
    await other.stop();
    expect(() => node.add('one')).not.toThrow();
    await expect(host.child({ name: 'third' }).use(Snapshot).start()).rejects.toThrow("of host 'third' takes");
    await host.stop();
  });

  it('is in place of nothing that a test overrides', async () => {
    const host = await new Host()
      .use([Server, Contributor, early('a')])
      .override(Handler, ['fake'])
      .start();
    host.get(Contributor).add('one');
    expect(host.get(Server).handlers.all).toEqual(['fake', 'one']);
    await host.stop();
  });
});
