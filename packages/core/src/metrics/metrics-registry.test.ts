import { describe, expect, it } from 'vitest';
import { exposition } from './exposition.js';
import { MetricsRegistry } from './metrics-registry.js';
import { recordProcess } from './process-metrics.js';

describe('MetricsRegistry', () => {
  it('gives one instrument for one name, and refuses another kind, other labels or other buckets under it', () => {
    const registry = new MetricsRegistry();
    const options = { name: 'seen_total', help: 'Seen.', labelNames: ['kind'] };
    expect(registry.counter(options)).toBe(registry.counter(options));
    expect(() => registry.gauge(options)).toThrow('it is a counter');
    expect(() => registry.counter({ ...options, labelNames: [] })).toThrow('its labels are kind');
    const took = { name: 'took_seconds', help: 'Took.', buckets: [1, 2] };
    expect(registry.histogram(took)).toBe(registry.histogram(took));
    expect(() => registry.histogram({ ...took, buckets: [1] })).toThrow('its buckets are 1, 2');
  });

  it.each([
    [{ name: 'two words' }, 'the name has other characters'],
    [{ name: 'a', labelNames: ['__name__'] }, "'__name__' cannot be a label"],
    [{ name: 'a', labelNames: ['b'], read: () => 1 }, 'what is read has no labels'],
  ])('refuses an instrument that no scraper could read: %j', (options, reason) => {
    expect(() => new MetricsRegistry().gauge({ help: '', ...options })).toThrow(reason);
  });

  it('refuses buckets out of order, a counter that goes down, and a label nobody named', () => {
    const registry = new MetricsRegistry();
    expect(() => registry.histogram({ name: 'a', help: '', buckets: [2, 1] })).toThrow('not finite and ascending');
    const counter = registry.counter({ name: 'b_total', help: '', labelNames: ['kind'] });
    expect(() => counter.increment({ kind: 'x' }, -1)).toThrow('cannot go up by -1');
    expect(() => counter.increment({ kind: 'x' }, Number.NaN)).toThrow('cannot go up by NaN');
    expect(() => counter.increment({ sort: 'x' })).toThrow("no label 'sort'");
  });

  it('keeps a bounded number of series, whatever the labels say', () => {
    const registry = new MetricsRegistry({ maxSeries: 2 });
    const counter = registry.counter({ name: 'asked_total', help: '', labelNames: ['path'] });
    for (let path = 0; path < 10_000; path++) counter.increment({ path: String(path) });
    expect(registry.collect()[0]?.samples).toEqual([
      { labels: { path: '0' }, value: 1 },
      { labels: { path: '1' }, value: 1 },
      { labels: { path: 'exceeded_cardinality_limit' }, value: 9_998 },
    ]);
  });

  it('tells apart label values that only together are the same text', () => {
    const registry = new MetricsRegistry();
    const gauge = registry.gauge({ name: 'g', help: '', labelNames: ['a', 'b'] });
    gauge.set(1, { a: 'x', b: 'yz' });
    gauge.set(2, { a: 'xy', b: 'z' });
    expect(registry.collect()[0]?.samples.map(({ value }) => value)).toEqual([1, 2]);
  });

  it('shows instruments without labels at 0 before anything happens, and reads what is to be read when asked', () => {
    const registry = new MetricsRegistry();
    registry.counter({ name: 'b_total', help: '' });
    let depth = 1;
    registry.gauge({ name: 'a', help: '', read: () => depth });
    depth = 5;
    expect(registry.collect().map(({ name, samples }) => [name, samples[0]?.value])).toEqual([
      ['a', 5],
      ['b_total', 0],
    ]);
  });

  it('shows series that were named beforehand at 0, also those that a second maker of the instrument names', () => {
    const registry = new MetricsRegistry();
    const named = (kind: string) => ({ name: 'seen_total', help: '', labelNames: ['kind'], series: [{ kind }] });
    registry.counter(named('a')).increment({ kind: 'a' });
    registry.counter(named('a'));
    registry.counter(named('b'));
    registry.histogram({ ...named('c'), name: 'took_seconds', buckets: [1] });
    expect(registry.collect().map(({ samples }) => samples)).toEqual([
      [
        { labels: { kind: 'a' }, value: 1 },
        { labels: { kind: 'b' }, value: 0 },
      ],
      [{ labels: { kind: 'c' }, value: 0, count: 0, buckets: [{ atMost: 1, count: 0 }] }],
    ]);
    expect(() => registry.gauge({ ...named('a'), name: 'g', labelNames: ['sort'] })).toThrow("no label 'kind'");
  });

  it('records what the process uses', () => {
    const registry = new MetricsRegistry();
    recordProcess(registry);
    const values = new Map(registry.collect().map(({ name, samples }) => [name, samples[0]?.value]));
    expect(values.get('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(values.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });
});

describe('exposition', () => {
  function recorded(): MetricsRegistry {
    const registry = new MetricsRegistry();
    const counter = registry.counter({ name: 'calls_total', help: 'Calls\\ by\n"code".', labelNames: ['code'] });
    counter.increment({ code: 'a"b\\c\nd' }, 2);
    registry.gauge({ name: 'room', help: 'Room.' }).set(-Infinity);
    const histogram = registry.histogram({ name: 'took_seconds', help: 'Took.', buckets: [0.5, 1] });
    for (const value of [0.5, 0.7, 3]) histogram.observe(value);
    return registry;
  }

  it('writes the Prometheus text format', () => {
    expect(exposition(recorded().collect())).toEqual({
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      body: [
        String.raw`# HELP calls_total Calls\\ by\n"code".`,
        '# TYPE calls_total counter',
        String.raw`calls_total{code="a\"b\\c\nd"} 2`,
        '# HELP room Room.',
        '# TYPE room gauge',
        'room -Inf',
        '# HELP took_seconds Took.',
        '# TYPE took_seconds histogram',
        'took_seconds_bucket{le="0.5"} 1',
        'took_seconds_bucket{le="1"} 2',
        'took_seconds_bucket{le="+Inf"} 3',
        'took_seconds_sum 4.2',
        'took_seconds_count 3',
        '',
      ].join('\n'),
    });
  });

  it('writes OpenMetrics where it is preferred: families without _total, quotes escaped in the help, an end', () => {
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
    const { contentType, body } = exposition(recorded().collect(), accept);
    expect(contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(body).toContain(String.raw`# HELP calls Calls\\ by\n\"code\".`);
    expect(body).toContain('# TYPE calls counter\ncalls_total{');
    expect(body.endsWith('\n# EOF\n')).toBe(true);
  });

  it.each(['', '*/*', 'text/plain', 'text/plain, application/openmetrics-text;q=0.3', 'application/json'])(
    'writes plain text for %j',
    (accept) => {
      expect(exposition([], accept).contentType).toMatch(/^text\/plain/);
    },
  );
});
