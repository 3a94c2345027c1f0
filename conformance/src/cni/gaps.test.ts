import type { SanityResult } from '@kubewright/cni-sanity';
import { describe, expect, it } from 'vitest';
import { formatGaps } from './gaps.js';

const result = (id: string, outcome: SanityResult['outcome'], reason?: string): SanityResult => ({
  id,
  outcome,
  rule: 'It works.',
  section: 'CNI 1.1.0 §2 ADD',
  milliseconds: 1,
  ...(reason === undefined ? {} : { reason }),
});

describe('the page about gaps', () => {
  it('counts, and lists each gap with its section, without names that change', () => {
    const page = formatGaps(
      [
        {
          plugin: '/usr/lib/cni/bridge',
          type: 'bridge',
          kind: 'interface',
          versions: ['0.4.0', '1.0.0'],
          results: [result('a.b', 'passed'), result('c.d', 'failed', 'held by sanity-0a1b2c3d-1 | "x"')],
        },
      ],
      'plugins 1.0',
    );
    expect(page).toContain('| bridge | 1.0.0 | 1 | 1 | 0 |');
    expect(page).toContain('| bridge | `c.d` | CNI 1.1.0 §2 ADD | It works. | `held by sanity-1 \\| "x"` |');
  });
});
