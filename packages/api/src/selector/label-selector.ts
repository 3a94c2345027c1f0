/**
 * Label selectors: from a text (`app=web,tier in (a,b)`), from a `LabelSelector` object, matched against labels and written
 * back. Which objects to look at is the caller's business; `exact` tells it where an index would help.
 */
import { apiErrors } from '../errors.js';
import type { LabelSelector as LabelSelectorObject } from '../generated/meta/v1.js';
import type { DeepReadonly } from '../meta/deep-readonly.js';
import { parseRequirements } from './parse-label-selector.js';
import { formatRequirement, fulfils, requirement, type Requirement, type SelectorOperator } from './requirement.js';

const objectOperators = new Map<string, SelectorOperator>([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
]);

/** An immutable label selector: all of its requirements must be fulfilled. */
export class LabelSelector {
  /** Selects every object. */
  static readonly everything = new LabelSelector([]);
  /** Selects no object. */
  static readonly nothing = new LabelSelector(undefined);

  readonly #requirements: readonly Requirement[] | undefined;

  private constructor(requirements: readonly Requirement[] | undefined) {
    this.#requirements = requirements;
  }

  /**
   * Reads a selector's text; an empty one selects everything.
   *
   * @throws KW_API_LABEL_SELECTOR
   */
  static parse(text: string): LabelSelector {
    return new LabelSelector(parseRequirements(text));
  }

  /** @param requirements - made by `requirement`. */
  static of(requirements: readonly Requirement[]): LabelSelector {
    return new LabelSelector([...requirements].sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))));
  }

  /**
   * From the object that a spec holds. An absent one selects nothing, an empty one everything.
   *
   * @throws KW_API_LABEL_SELECTOR
   */
  static from(object: DeepReadonly<LabelSelectorObject> | undefined): LabelSelector {
    if (object === undefined) return LabelSelector.nothing;
    const requirements = Object.entries(object.matchLabels ?? {}).map(([key, value]) => requirement(key, '=', [value]));
    for (const { key, operator, values } of object.matchExpressions ?? []) {
      const known = objectOperators.get(operator);
      if (known === undefined) {
        throw apiErrors.LABEL_SELECTOR({
          selector: `${key} ${operator}`,
          reason: `${JSON.stringify(operator)} is not a valid label selector operator`,
        });
      }
      requirements.push(requirement(key, known, values ?? []));
    }
    return LabelSelector.of(requirements);
  }

  /** The terms, sorted by key; empty for a selector of everything and of nothing. */
  get requirements(): readonly Requirement[] {
    return this.#requirements ?? [];
  }

  get selectsEverything(): boolean {
    return this.#requirements?.length === 0;
  }

  get selectsNothing(): boolean {
    return this.#requirements === undefined;
  }

  /** The key and value pairs that a matching object certainly has: what an index by label can look up. */
  get exact(): { readonly key: string; readonly value: string }[] {
    return this.requirements.flatMap(({ key, operator, values }) => {
      const [value, ...others] = values;
      const single = operator === '=' || operator === '==' || operator === 'in';
      return single && value !== undefined && others.length === 0 ? [{ key, value }] : [];
    });
  }

  matches(labels: Readonly<Record<string, string>> | undefined): boolean {
    const given = labels ?? {};
    return this.#requirements?.every((each) => fulfils(each, given)) ?? false;
  }

  /** The text that `parse` reads back; empty for a selector of everything. A selector of nothing has no text of its own. */
  toString(): string {
    return this.requirements.map(formatRequirement).join(',');
  }
}
