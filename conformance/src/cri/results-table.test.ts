import { expect, it } from 'vitest';
import { isExcluded } from './exclusions.js';
import { formatTable } from './results-table.js';

it('shows each case for both runtimes, and the sums', () => {
  const ours = [
    { name: '[k8s.io] B', outcome: 'passed' },
    { name: '[k8s.io] A', outcome: 'failed' },
  ] as const;
  expect(formatTable(ours, [{ name: '[k8s.io] A', outcome: 'skipped' }], 'other').split('\n')).toEqual([
    '| case | kubewright | other |',
    '| --- | --- | --- |',
    '| A | failed | skipped |',
    '| B | passed | – |',
    '| **passed / failed / skipped** | 1 / 1 / 0 | 0 / 0 / 1 |',
    '',
  ]);
  expect(formatTable(ours, undefined, 'other')).toContain('| 1 / 1 / 0 | – |');
});

it('leaves out no more than what it says', () => {
  expect(isExcluded('[k8s.io] AppArmor runtime should support apparmor field')).toBe(true);
  expect(isExcluded('[k8s.io] Image Manager public image with tag should be pulled and removed')).toBe(false);
});
