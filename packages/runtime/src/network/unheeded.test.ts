import { expect, it } from 'vitest';
import { unheeded } from './unheeded.js';

it('names what a pod asks for and no plugin of the network declares', () => {
  const network = (...capabilities: unknown[]) => ({
    name: 'n',
    version: '1.0.0' as const,
    disableCheck: false,
    disableGc: false,
    plugins: capabilities.map((one) => ({ type: 'p', capabilities: one })),
  });
  const pod = { portMappings: [{ hostPort: 1 }], bandwidth: { egressRate: 1 }, dns: {} };
  expect(unheeded(network(undefined, null, { portMappings: false }), pod)).toEqual(['portMappings', 'bandwidth']);
  expect(unheeded(network({ bandwidth: true }, { portMappings: true }), pod)).toEqual([]);
  expect(unheeded(network(), { portMappings: [], dns: {} })).toEqual([]);
});
