import { describe, expect, it } from 'vitest';
import { PullReport } from './pull-image.js';
import type { ProgressOutput } from './pull-image.js';

const layer = `sha256:${'a'.repeat(64)}`;

function told(output: Partial<ProgressOutput>): { readonly report: PullReport; text(): string } {
  let text = '';
  const report = new PullReport({ ...output, write: (more) => void (text += more) });
  return { report, text: () => text };
}

describe('PullReport', () => {
  it('draws one line on a terminal again and again', () => {
    const { report, text } = told({ isTTY: true, columns: 60 });
    report.tell({ layer, phase: 'fetch', bytes: 5_000_000, total: 10_000_000 });
    report.tell({ layer, phase: 'unpacked', bytes: 10_000_000, total: 10_000_000 });
    report.end();
    expect(text().split('\r').slice(1)).toEqual([
      '[##########..........] 5.0 MB of 10.0 MB, 0 of 1 unpacked',
      '[####################] 10.0 MB of 10.0 MB, 1 of 1 unpacked\n',
    ]);
  });

  it('writes a line for each layer that is done elsewhere', () => {
    const { report, text } = told({});
    report.tell({ layer, phase: 'fetch', bytes: 1, total: 2 });
    report.tell({ layer, phase: 'unpacked', bytes: 2_000_000, total: 2_000_000 });
    report.end();
    expect(text()).toBe('aaaaaaaaaaaa: 2.0 MB\n');
  });
});
