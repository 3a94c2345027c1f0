import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PluginReport } from '@kubewright/core';
import { RecordingIo, commandContext, readWords } from '@kubewright/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pluginsOptions } from './cluster-options.js';
import { plugins } from './plugins.js';

let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'kubewright-plugins-'))));
afterEach(() => rm(directory, { recursive: true }));

/** Runs the command in the directory; what it rejected with, or nothing. */
async function run(...words: string[]): Promise<{ readonly text: string; readonly failure: unknown }> {
  const io = new RecordingIo();
  const invocation = { ...commandContext(io, { directory }), ...readWords(words)(pluginsOptions) };
  const failure: unknown = await plugins(invocation).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { text: io.written, failure };
}
const project = (listed: string) =>
  writeFile(join(directory, 'kubewright.config.mjs'), `export default { plugins: ${listed} };`);

it('lists the plugins of both hosts without starting any, outside a project', async () => {
  const { text, failure } = await run();
  expect(failure).toBeUndefined();
  const [head, ...lines] = text.split('\n');
  expect(head).toMatch(/^HOST +NAME +STATE +LEVEL +CONTRIBUTES TO +CONSUMES +NEEDS +WHY$/);
  const line = (name: string) => lines.find((each) => each.includes(` ${name} `));
  expect(line('rbac-authorizer')).toMatch(
    /^kubewright +rbac-authorizer +registered +server +Authorizer +- +rbac-source$/,
  );
  expect(line('deployment-controller')).toMatch(/^kubewright control plane +.* registered +cluster +Controller /);
});

it('tells what starts, what is skipped and what fails, as JSON', async () => {
  await project(`[
    { name: 'absent', check: () => ({ skipped: 'the machine has no such thing' }) },
    { name: 'in-need', requires: ['absent'] },
    { name: 'broken', requires: ['deployment-controller'], start: async () => { throw new Error('no room'); } },
  ]`);
  const { text, failure } = await run('--start', '-o', 'json');
  expect(failure).toMatchObject({ code: 'KW_CORE_START_FAILED' });
  const rows = JSON.parse(text) as readonly (PluginReport & { readonly host: string })[];
  const of = (wanted: string) => rows.find(({ name }) => name === wanted);
  expect(of('absent')).toMatchObject({ state: 'skipped', reason: 'the machine has no such thing' });
  expect(of('in-need')).toMatchObject({ state: 'skipped', reason: expect.stringContaining("it needs 'absent'") });
  expect(of('broken')).toMatchObject({ state: 'failed', reason: expect.stringContaining('no room') });
  expect(of('api-server')).toMatchObject({ host: 'kubewright', state: expect.stringMatching(/^(started|stopped)$/) });
});

it('lists them also where they do not fit together, and says so', async () => {
  await project(`[{ name: 'lost', requires: ['nobody'] }]`);
  const { text, failure } = await run();
  expect(text).toContain('lost');
  expect(failure).toMatchObject({ code: 'KW_CORE_INVALID_PLUGINS' });
});
