import { expect, it } from 'vitest';
import { simulatedNames } from './simulated-names.js';

it('names each start of a container by the digest of what it is', () => {
  const names = simulatedNames('u1');
  expect(names.container('web', 0)).toMatch(/^simulated:\/\/[0-9a-f]{64}$/);
  expect(names.container('web', 0)).toBe(simulatedNames('u1').container('web', 0));
  expect(names.container('web', 1)).not.toBe(names.container('web', 0));
  expect(names.image('nginx')).toMatch(/^simulated:\/\/sha256:[0-9a-f]{64}$/);
});
