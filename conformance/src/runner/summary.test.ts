import { describe, expect, it } from 'vitest';
import { summarize } from './summary.js';

describe('conformance summary', () => {
  it('counts by outcome and names what failed and what was skipped', () => {
    const { text, ok, report } = summarize('csi', [
      { name: 'a', outcome: 'passed' },
      { name: 'b', outcome: 'failed', reason: 'expected OK' },
      { name: 'c', outcome: 'skipped' },
    ]);
    expect(text).toBe('FAILED   b: expected OK\nSKIPPED  c: no reason given\ncsi: 1 passed, 1 failed, 1 skipped\n');
    expect(ok).toBe(false);
    expect(report.passed).toEqual(['a']);
  });

  it('is no success where the judge was missing', () => {
    expect(
      summarize('csi', [{ name: 'csi-sanity', outcome: 'skipped', reason: 'KUBEWRIGHT_CSI_SANITY is not set' }]).ok,
    ).toBe(false);
  });
});
