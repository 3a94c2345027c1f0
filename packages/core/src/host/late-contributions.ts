/** What plugins contribute to a host while it runs, and the lists through which consumers see all there is. */
import type { Token } from '../di/token.js';
import { tokenName } from '../di/token.js';
import { coreErrors } from '../errors/core-errors.js';
import type { Contributions } from '../plugin/contributions.js';
import type { ExtensionPoint } from '../plugin/extension-point.js';
import { levelOf } from '../plugin/level.js';
import type { Level } from '../plugin/level.js';
import { followed, takenOnce } from '../registry/dependencies.js';
import type { Registration } from '../registry/registration.js';
import { ContributionList } from './contribution-list.js';

/** The host whose contributions these are. */
export interface ContributedHost {
  readonly name: string;
  /** Undefined: whatever its plugins follow. */
  readonly levels: readonly Level[] | undefined;
  plugins(): readonly Registration[];
  /** The contributions of plugins, of this host and those above. @param last - those that come behind the late ones, or the others. */
  early(point: Token<unknown>, last: boolean): readonly unknown[];
}

export class LateContributions {
  readonly #host: ContributedHost;
  readonly #parent: LateContributions | undefined;
  readonly #entries = new Set<{ readonly point: Token<unknown>; readonly value: unknown; readonly plugin: string }>();
  readonly #lists = new Map<Token<unknown>, ContributionList>();
  readonly #children = new Set<LateContributions>();

  constructor(host: ContributedHost, parent?: LateContributions) {
    this.#host = host;
    this.#parent = parent;
    if (parent) parent.#children.add(this);
  }

  /** All contributions to a point: early ones, late ones, and those that want to be the last. */
  all(point: Token<unknown>): readonly unknown[] {
    return [...this.#host.early(point, false), ...this.#to(point), ...this.#host.early(point, true)];
  }

  /** The same for a consumer, who is told of changes. */
  list(point: Token<unknown>): Contributions<unknown> {
    const list = new ContributionList(() => this.all(point));
    this.#lists.set(point, list);
    return list;
  }

  /** The points to which a plugin contributes now; they may be those of a host above. */
  of(plugin: string): readonly Token<unknown>[] {
    const own = [...this.#entries].filter((entry) => entry.plugin === plugin).map(({ point }) => point);
    return [...(this.#parent ? this.#parent.of(plugin) : []), ...own];
  }

  /**
   * @param endings - take the contribution away when one of them aborts, as does disposing of the result.
   * @throws LATE_CONTRIBUTION where nobody, or not everybody, would see it.
   */
  add(point: ExtensionPoint<unknown>, value: unknown, plugin: string, endings: readonly AbortSignal[]): Disposable {
    const reader = this.#readerOf(point);
    if (reader === undefined)
      throw coreErrors.LATE_CONTRIBUTION({
        point: tokenName(point),
        reason: `nothing in host '${this.#host.name}' or above follows that extension point: use() the plugin that does`,
      });
    reader.#refuseTakers(point);
    for (const ending of endings) ending.throwIfAborted();
    const entry = { point, value, plugin };
    reader.#entries.add(entry);
    reader.#changed(point);
    const remove = (): void => {
      for (const ending of endings) ending.removeEventListener('abort', remove);
      if (reader.#entries.delete(entry)) reader.#changed(point);
    };
    for (const ending of endings) ending.addEventListener('abort', remove, { once: true });
    return { [Symbol.dispose]: remove };
  }

  /** @throws LATE_CONTRIBUTION where a plugin of this host would miss one that there is already. */
  refuseMissed(): void {
    for (const point of new Set(this.#host.plugins().flatMap(takenOnce)))
      if (this.#to(point).length > 0) this.#refuseTakers(point);
  }

  /** The parent forgets this host. */
  close(): void {
    if (this.#parent) this.#parent.#children.delete(this);
  }

  /** The late ones, the parent's first. */
  #to(point: Token<unknown>): unknown[] {
    const own = [...this.#entries].filter((entry) => entry.point === point).map(({ value }) => value);
    return [...(this.#parent ? this.#parent.#to(point) : []), ...own];
  }

  /** Where a late contribution counts: here or in a host above. */
  #readerOf(point: ExtensionPoint<unknown>): LateContributions | undefined {
    const { levels } = this.#host;
    const level = levelOf(point);
    const isHere = level === undefined || levels === undefined || levels.some(({ name }) => name === level.name);
    if (isHere && this.#host.plugins().some((plugin) => followed(plugin).includes(point))) return this;
    return this.#parent && this.#parent.#readerOf(point);
  }

  /** Refuses where a plugin, here or below, would not see it. */
  #refuseTakers(point: Token<unknown>): void {
    const taker = this.#host.plugins().find((plugin) => takenOnce(plugin).includes(point));
    if (taker !== undefined)
      throw coreErrors.LATE_CONTRIBUTION({
        point: tokenName(point),
        reason: `plugin '${taker.data.name}' of host '${this.#host.name}' takes the contributions once, at the start: let it inject contributionsTo(…), or contribute before the start`,
      });
    for (const child of this.#children) child.#refuseTakers(point);
  }

  #changed(point: Token<unknown>): void {
    this.#lists.get(point)?.changed();
    for (const child of this.#children) child.#changed(point);
  }
}
