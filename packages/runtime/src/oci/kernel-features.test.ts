import { expect, it } from 'vitest';
import { kernelFeatures } from './kernel-features.js';

it.each([
  ['6.1.0-43-amd64', true, true],
  ['5.19.0', true, true],
  ['5.15.0-generic', false, true],
  ['5.10.0', false, false],
  ['4.19', false, false],
])('knows what Linux %s can do', (release, userNamespaces, recursiveReadOnlyMounts) => {
  expect(kernelFeatures(release)).toEqual({ userNamespaces, recursiveReadOnlyMounts });
});
