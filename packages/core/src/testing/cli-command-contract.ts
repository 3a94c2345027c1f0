import assert from 'node:assert/strict';
import type { CliCommand } from '../cli/command.js';
import { flagOf } from '../config/settings.js';
import type { TestRunner } from './test-runner.js';

/** What every command keeps to, so that the list of commands and their help read alike. */
export function describeCliCommandContract({ describe, it }: TestRunner, command: CliCommand): void {
  describe(`CliCommand contract: ${command.name}`, () => {
    it('is named by lower-case words', () => {
      assert.match(command.name, /^[a-z][a-z0-9-]*( [a-z][a-z0-9-]*)*$/);
    });

    it('is summed up in one line without a full stop', () => {
      assert.match(command.summary, /^[^\n]*[^\n.]$/);
    });

    it('has options with flags of their own, each described', () => {
      const options = Object.entries(command.options);
      const flags = options.map(([key, option]) => flagOf(key, option)).filter((flag) => flag !== undefined);
      assert.equal(new Set(flags).size, flags.length);
      for (const [, { description }] of options) assert.match(description, /^[^\n]*[^\n.]$/);
    });

    it('loads a function', async () => {
      assert.equal(typeof (await command.load()), 'function');
    });
  });
}
