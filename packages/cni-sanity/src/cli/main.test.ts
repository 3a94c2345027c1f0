import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allChecks } from '../checks/all-checks.js';
import type { SanityReport } from '../run/run-checks.js';
import { main } from './main.js';

/** A plugin that can do nothing but say so. */
const script = `#!/bin/sh
if [ "$CNI_COMMAND" = VERSION ]; then
  echo '{"cniVersion":"1.0.0","supportedVersions":["0.4.0","1.0.0"]}'
else
  echo '{"cniVersion":"1.0.0","code":4,"msg":"CNI_COMMAND is unknown"}'; exit 1
fi
`;

describe('the command line', () => {
  let directory: string;
  let said: { stdout: string; stderr: string };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'sanity-cli-'));
    said = { stdout: '', stderr: '' };
    writeFileSync(join(directory, 'mute'), script);
    chmodSync(join(directory, 'mute'), 0o755);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function run(...argv: string[]): Promise<number> {
    const output = {
      stdout: (text: string) => void (said.stdout += text),
      stderr: (text: string) => void (said.stderr += text),
    };
    return main(argv, output, new AbortController().signal);
  }
  const plugin = (): string => join(directory, 'mute');

  it('lists the checks with their rules and sections', async () => {
    expect(await run('run', '--list')).toBe(0);
    for (const { id, section } of allChecks) {
      expect(said.stdout).toContain(`${id}\n`);
      expect(section).toMatch(/^CNI 1\.1\.0 §[1-5]/);
    }
  });

  it('reports what passed, as text, JSON and JUnit, and ends with 0', async () => {
    const [json, junit] = [join(directory, 'r.json'), join(directory, 'r.xml')];
    const code = await run(
      'run',
      '--plugin',
      plugin(),
      '--only',
      'version,env.unknown-command',
      '--json',
      json,
      '--junit',
      junit,
    );
    expect(said).toMatchObject({
      stderr: '',
      stdout: expect.stringContaining('mute: 5 passed, 0 failed, 0 skipped\n'),
    });
    expect(code).toBe(0);
    const report = JSON.parse(readFileSync(json, 'utf8')) as SanityReport;
    expect(report).toMatchObject({ type: 'mute', kind: 'interface', versions: ['0.4.0', '1.0.0'] });
    expect(report.results).toHaveLength(5);
    expect(readFileSync(junit, 'utf8')).toContain('tests="5" failures="0"');
  });

  it('ends with 1 where a check failed', async () => {
    expect(await run('run', '--plugin', plugin(), '--only', 'config.not-json')).toBe(1);
    expect(said.stdout).toContain("✗ config.not-json: ADD with stdin '{' has code 4, not 6");
  });

  it.each([
    ['no plugin', ['run'], /--plugin is missing/],
    ['a plugin that is not there', ['run', '--plugin', '/nowhere/bridge'], /'\/nowhere\/bridge' cannot be run.*ENOENT/],
    ['an unknown check', ['run', '--plugin', 'PLUGIN', '--only', 'nothing'], /no check is called nothing/],
    ['an unknown version', ['run', '--plugin', 'PLUGIN', '--versions', '0.5.0'], /'0.5.0' is no version/],
    ['an unknown kind', ['run', '--plugin', 'PLUGIN', '--kind', 'switch'], /Allowed choices/],
    ['no time', ['run', '--plugin', 'PLUGIN', '--timeout', '0'], /'0' is invalid.*seconds/],
    ['a configuration that is not there', ['run', '--plugin', 'PLUGIN', '--config', '/nowhere.json'], /nowhere\.json/],
  ])('ends with 2 for %s', async (_what, argv, message) => {
    expect(await run(...argv.map((word) => (word === 'PLUGIN' ? plugin() : word)))).toBe(2);
    expect(said.stderr).toMatch(message);
  });

  it('takes the configuration of the plugin out of a network list', async () => {
    const config = join(directory, 'net.conflist');
    writeFileSync(config, JSON.stringify({ name: 'n', plugins: [{ type: 'other' }, { type: 'mute', ipam: {} }] }));
    expect(await run('run', '--plugin', plugin(), '--config', config, '--only', 'version.reply')).toBe(0);
    writeFileSync(config, JSON.stringify({ name: 'n', plugins: [{ type: 'other' }] }));
    expect(await run('run', '--plugin', plugin(), '--config', config)).toBe(2);
    expect(said.stderr).toContain("none of its plugins has the type 'mute'");
  });

  it('says its version', async () => {
    expect(await run('--version')).toBe(0);
    expect(said.stdout).toMatch(/^cni-sanity \d+\.\d+\.\d+\n$/);
  });

  it('does not wait for what a plugin that it killed has started elsewhere', async () => {
    // It ends with the directory.
    const survivor = `setsid sh -c 'while [ -e ${plugin()} ]; do sleep 0.05; done' & sleep 60`;
    writeFileSync(plugin(), script.replace('else', `else ${survivor}; true`));
    expect(await run('run', '--plugin', plugin(), '--only', 'config.version-not-text', '--timeout', '0.2')).toBe(1);
    expect(said.stdout).toContain('did not answer ADD within 200 ms');
  });

  it('kills a plugin that does not end', async () => {
    writeFileSync(plugin(), script.replace('else', "else sleep 60; echo '{}'; exit 1; true"));
    expect(await run('run', '--plugin', plugin(), '--only', 'config.version-not-text', '--timeout', '0.2')).toBe(1);
    expect(said.stdout).toContain('did not answer ADD within 200 ms');
  });
});
