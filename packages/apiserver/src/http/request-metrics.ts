import type { ServedResource } from '../registry/served-resource.js';
import type { RequestInfo } from './request-info.js';

interface Series {
  readonly labels: string;
  count: number;
  seconds: number;
}

const verbs = new Set([
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  'post',
  'put',
]);

/** Counts requests, in the names that dashboards of Kubernetes know. Kinds and verbs are few, so the series are bounded. */
export class RequestMetrics {
  readonly #series = new Map<string, Series>();
  readonly #gauges: () => Readonly<Record<string, string>>;

  /** @param gauges - further values by name, read when asked for. */
  constructor(gauges: () => Readonly<Record<string, string>>) {
    this.#gauges = gauges;
  }

  /** @param served - what is served under the request's path; names that clients make up do not become series. */
  observe(
    info: RequestInfo | undefined,
    served: ServedResource | undefined,
    status: number,
    milliseconds: number,
  ): void {
    const { group = '', version = '', plural: resource = '' } = served ?? {};
    const asked = info?.kind === 'resource' ? info.subresource : '';
    const subresource = served?.subresources.some(({ name }) => name === asked) === true ? asked : '';
    const verb = info !== undefined && verbs.has(info.verb) ? info.verb.toUpperCase() : 'OTHER';
    const labels = `code="${status}",group="${group}",resource="${resource}",subresource="${subresource}",verb="${verb}",version="${version}"`;
    let series = this.#series.get(labels);
    if (series === undefined) {
      series = { labels, count: 0, seconds: 0 };
      this.#series.set(labels, series);
    }
    series.count++;
    series.seconds += milliseconds / 1000;
  }

  /** The Prometheus text format. */
  text(): string {
    const all = [...this.#series.values()];
    const lines = [
      '# TYPE apiserver_request_total counter',
      ...all.map(({ labels, count }) => `apiserver_request_total{${labels}} ${count}`),
      '# TYPE apiserver_request_duration_seconds summary',
      ...all.flatMap(({ labels, count, seconds }) => [
        `apiserver_request_duration_seconds_sum{${labels}} ${seconds}`,
        `apiserver_request_duration_seconds_count{${labels}} ${count}`,
      ]),
    ];
    for (const [name, value] of Object.entries(this.#gauges())) lines.push(`# TYPE ${name} gauge`, `${name} ${value}`);
    return `${lines.join('\n')}\n`;
  }
}
