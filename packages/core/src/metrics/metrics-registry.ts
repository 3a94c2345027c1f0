import { coreErrors } from '../errors/core-errors.js';
import { RegisteredCounter, RegisteredGauge, RegisteredHistogram } from './instruments.js';
import type { RegisteredInstrument } from './instruments.js';
import type {
  Counter,
  Gauge,
  Histogram,
  HistogramOptions,
  InstrumentOptions,
  MetricFamily,
  Metrics,
  ReadableOptions,
} from './metrics.js';

const namePattern = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelPattern = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Prometheus' default buckets for seconds. */
const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface MetricsRegistryOptions {
  /**
   * How many series one instrument may have (default 2,000). What comes after shares one series whose labels all say
   * `exceeded_cardinality_limit`, so that nothing a client makes up can fill the memory.
   */
  readonly maxSeries?: number;
}

/** Keeps what is recorded, in memory, for as long as it lives. */
export class MetricsRegistry implements Metrics {
  readonly #limit: number;
  readonly #instruments = new Map<string, { readonly help: string; readonly instrument: RegisteredInstrument }>();

  constructor({ maxSeries = 2000 }: MetricsRegistryOptions = {}) {
    this.#limit = maxSeries;
  }

  counter(options: ReadableOptions): Counter {
    const { name, labelNames = [], read } = options;
    checkRead(options);
    const known = this.#known(options, 'counter');
    if (known instanceof RegisteredCounter) return begun(known, options);
    return this.#keep(options, new RegisteredCounter(name, labelNames, this.#limit, read));
  }

  gauge(options: ReadableOptions): Gauge {
    const { name, labelNames = [], read } = options;
    checkRead(options);
    const known = this.#known(options, 'gauge');
    if (known instanceof RegisteredGauge) return begun(known, options);
    return this.#keep(options, new RegisteredGauge(name, labelNames, this.#limit, read));
  }

  histogram(options: HistogramOptions): Histogram {
    const { name, labelNames = [], buckets = defaultBuckets } = options;
    const known = this.#known(options, 'histogram');
    if (known instanceof RegisteredHistogram) {
      if (known.buckets.join() !== buckets.join())
        throw coreErrors.METRIC_CONFLICT({ name, reason: `its buckets are ${known.buckets.join(', ')}` });
      return begun(known, options);
    }
    if (buckets.some((bound, index) => !(bound > (buckets[index - 1] ?? -Infinity)) || bound === Infinity))
      throw coreErrors.METRIC_INVALID({ name, reason: 'its buckets are not finite and ascending' });
    return this.#keep(options, new RegisteredHistogram(name, labelNames, this.#limit, buckets));
  }

  collect(): readonly MetricFamily[] {
    return [...this.#instruments]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { help, instrument }]) => ({ name, help, type: instrument.type, samples: instrument.samples() }));
  }

  #known({ name, labelNames = [] }: InstrumentOptions, type: MetricFamily['type']): RegisteredInstrument | undefined {
    const known = this.#instruments.get(name)?.instrument;
    if (known === undefined) return undefined;
    if (known.type !== type) throw coreErrors.METRIC_CONFLICT({ name, reason: `it is a ${known.type}` });
    const { labelNames: labels } = known.series;
    if (labels.join() !== labelNames.join())
      throw coreErrors.METRIC_CONFLICT({ name, reason: `its labels are ${labels.join(', ') || 'none'}` });
    return known;
  }

  #keep<I extends RegisteredInstrument>(options: InstrumentOptions, instrument: I): I {
    const { name, help, labelNames = [] } = options;
    if (!namePattern.test(name)) throw coreErrors.METRIC_INVALID({ name, reason: 'the name has other characters' });
    const wrong = labelNames.find((label) => !labelPattern.test(label));
    if (wrong !== undefined) throw coreErrors.METRIC_INVALID({ name, reason: `'${wrong}' cannot be a label` });
    begun(instrument, options);
    this.#instruments.set(name, { help, instrument });
    return instrument;
  }
}

/** The instrument with the series that are to be seen before anything happens. */
function begun<I extends RegisteredInstrument>(instrument: I, { series = [] }: InstrumentOptions): I {
  for (const labels of series) instrument.series.of(labels);
  return instrument;
}

function checkRead({ name, labelNames = [], read }: ReadableOptions): void {
  if (read !== undefined && labelNames.length > 0)
    throw coreErrors.METRIC_INVALID({ name, reason: 'what is read has no labels' });
}
