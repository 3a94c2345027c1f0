import { describe, it } from 'vitest';
import { defineCommand } from '../cli/command.js';
import { describeCliCommandContract } from './cli-command-contract.js';
import { describeHealthCheckContract } from './health-check-contract.js';

describeHealthCheckContract({ describe, it }, () => ({
  name: 'storage',
  check: async () => ({ ok: false, reason: 'no disk' }),
}));
describeCliCommandContract(
  { describe, it },
  defineCommand({
    name: 'generate crd',
    summary: 'write the custom resource definitions of a project',
    options: { output: { type: 'string', default: 'out', description: 'the directory to write to' } },
    load: async () => async () => undefined,
  }),
);
