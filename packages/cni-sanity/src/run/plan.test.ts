import { describe, expect, it } from 'vitest';
import type { Check } from '../check/check.js';
import type { Profile } from '../profile/profile.js';
import { applies, obstacle, select } from './plan.js';

const check = (id: string, needs: Check['needs'] = {}): Check => ({
  id,
  needs,
  rule: '',
  section: '',
  run: async () => undefined,
});
const profile: Profile = {
  plugin: '/opt/bridge',
  type: 'bridge',
  kind: 'interface',
  config: {},
  second: {},
  ipam: false,
  versions: ['0.3.1', '1.0.0'],
  cniPath: [],
};

describe('which checks are run', () => {
  const checks = ['add.link', 'add.routes', 'add.result-1.0.0', 'addendum.x', 'del.twice'].map((id) => check(id));
  const ids = (only: string[], skip: string[] = []): string[] => select(checks, only, skip).map(({ id }) => id);

  it('by id, by area, by pattern, and without what is skipped', () => {
    expect(ids([])).toHaveLength(5);
    expect(ids(['add'])).toEqual(['add.link', 'add.routes', 'add.result-1.0.0']);
    expect(ids(['add.r*', 'del.twice'])).toEqual(['add.routes', 'add.result-1.0.0', 'del.twice']);
    expect(ids(['add'], ['add.link'])).toEqual(['add.routes', 'add.result-1.0.0']);
  });

  it('never because a dot stood for any letter', () => expect(() => ids(['addxlink'])).toThrow(/addxlink/));

  it.each([
    [{ kinds: ['ipam'] }, true, 'it is about address managers'],
    [{ since: '1.1.0' }, true, 'the plugin lists no version from 1.1.0 on'],
    [{ version: '0.4.0' }, true, 'the plugin does not list 0.4.0'],
    [{ ipam: true }, true, 'the plugin is configured without an address manager'],
    [{ root: true }, false, 'it needs root, to make network namespaces'],
    [{ root: true, kinds: ['interface'], since: '0.4.0', version: '1.0.0' }, true, undefined],
  ] as const)('%j, root %s: %s', (needs, root, reason) => {
    expect(obstacle(check('a.b', needs), profile, root)).toBe(reason);
  });

  it('whoever runs them', () => expect(applies(check('a.b', { root: true }), profile)).toBe(true));
});
