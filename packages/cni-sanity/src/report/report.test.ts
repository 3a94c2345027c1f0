import { describe, expect, it } from 'vitest';
import type { SanityReport } from '../run/run-checks.js';
import { formatJunit } from './junit.js';
import { formatHeading, formatResult, formatSummary } from './text.js';

const common = { rule: 'It <works>.', section: 'CNI 1.1.0 §2 ADD', milliseconds: 1500 };
const report: SanityReport = {
  plugin: '/opt/bridge',
  type: 'bridge',
  kind: 'interface',
  versions: ['1.0.0'],
  results: [
    { ...common, id: 'add.link', outcome: 'passed' },
    { ...common, id: 'add.routes', outcome: 'failed', reason: 'no "route" & <none>\u0001' },
    { ...common, id: 'gc.repeats', outcome: 'skipped', reason: 'too old' },
  ],
};

describe('the report', () => {
  it('is readable', () => {
    const text = formatHeading(report) + report.results.map(formatResult).join('') + formatSummary(report);
    expect(text).toBe(
      [
        'bridge (interface), /opt/bridge, versions 1.0.0',
        '✓ add.link',
        '✗ add.routes: no "route" & <none>\u0001',
        '    It <works>. (CNI 1.1.0 §2 ADD)',
        '– gc.repeats: too old',
        'bridge: 1 passed, 1 failed, 1 skipped',
        '',
      ].join('\n'),
    );
  });

  it('says loudly that most was not run without root', () => {
    const reason = 'it needs root, to make network namespaces';
    const results = [...report.results, { ...common, id: 'del.twice', outcome: 'skipped', reason } as const];
    const text = formatSummary({ ...report, results });
    expect(text).toContain('2 skipped\nNOT JUDGED: 1 of 4 checks need root and were not run.');
  });

  it('is valid XML', () => {
    const xml = formatJunit(report);
    expect(xml).toContain('<testsuites tests="3" failures="1" skipped="1">');
    expect(xml).toContain('<testcase classname="cni-sanity.bridge.add" name="add.link" time="1.5"/>');
    expect(xml).toContain('<failure message="no &quot;route&quot; &amp; &lt;none&gt;\ufffd">It &lt;works&gt;.');
    expect(xml).toContain('<skipped message="too old"/>');
  });
});
