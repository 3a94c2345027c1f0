import { coreErrors } from '../errors/core-errors.js';
import type { Labels } from './metrics.js';

/** What every label of the series says that takes what no longer fits; controller-runtime's word. */
const overflow = 'exceeded_cardinality_limit';
const separator = '\u0000';

/** The series of one instrument, by the values of its labels; never more than a fixed number of them. */
export class SeriesTable<S> {
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly #limit: number;
  readonly #make: () => S;
  readonly #series = new Map<string, { readonly labels: Labels; readonly series: S }>();

  /** @param limit - how many series there may be; the combinations after that share one. */
  constructor(name: string, labelNames: readonly string[], limit: number, make: () => S) {
    this.name = name;
    this.labelNames = labelNames;
    this.#limit = limit;
    this.#make = make;
    // Without labels there is one series, and dashboards want to see it at 0 before anything happens.
    if (labelNames.length === 0) this.#add('', {});
  }

  /** @throws `METRIC_INVALID` where a new combination has a label that the instrument does not name. */
  of(labels: Labels = {}): S {
    const key = this.labelNames.map((name) => labels[name] ?? '').join(separator);
    const known = this.#series.get(key);
    if (known !== undefined) return known.series;
    for (const name of Object.keys(labels))
      if (!this.labelNames.includes(name))
        throw coreErrors.METRIC_INVALID({ name: this.name, reason: `it has no label '${name}'` });
    if (this.#series.size < this.#limit) {
      return this.#add(key, Object.fromEntries(this.labelNames.map((name) => [name, labels[name] ?? ''])));
    }
    const rest = this.labelNames.map(() => overflow).join(separator);
    return (
      this.#series.get(rest)?.series ??
      this.#add(rest, Object.fromEntries(this.labelNames.map((name) => [name, overflow])))
    );
  }

  /** Every series with its labels, in the order in which they came. */
  entries(): readonly { readonly labels: Labels; readonly series: S }[] {
    return [...this.#series.values()];
  }

  #add(key: string, labels: Labels): S {
    const series = this.#make();
    this.#series.set(key, { labels, series });
    return series;
  }
}
