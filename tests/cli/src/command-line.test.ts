import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Folder } from './program.js';

describe('kubewright', () => {
  it.each([[[]], [['--help']], [['-h']], [['help']]])('%j lists the commands', async (argv) => {
    await using folder = await Folder.make();
    const { code, stdout, stderr } = await folder.run(argv);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^usage: kubewright COMMAND[^]*\n {2}up +start a cluster/);
  });

  it('tells its version, and of a command its options', async () => {
    await using folder = await Folder.make();
    expect((await folder.run(['--version'])).stdout).toMatch(/^kubewright \d+\.\d+\.\d+\n$/);
    const { code, stdout } = await folder.run(['up', '--help']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^usage: kubewright up \[OPTIONS\]/)]);
  });

  it.each([
    [['upp'], "there is no command 'upp' (did you mean 'up'?): see kubewright --help"],
    [['up', '--prot', '1'], "unknown flag --prot (did you mean 'port'?)"],
    [['up', 'here'], "'here' is too much: see kubewright up --help"],
    [['up', '--port', 'http'], 'port (flag --port): must be a number'],
    [['up', '--port', '70000'], 'port (flag --port): must be a whole number from 0 to 65535'],
    [['up', '--nodes', '1.5'], 'nodes (flag --nodes): must be a whole number from 0 to 256'],
    [['up', '--storage', 'etcd'], "storage (flag --storage): must be one of sqlite, memory, not 'etcd'"],
    [['dev'], 'FILE is missing: see kubewright dev --help'],
  ])('%j is an error of one line and code 2', async (argv, message) => {
    await using folder = await Folder.make();
    const { code, stdout, stderr } = await folder.run(argv);
    expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1]);
    expect(stderr).toContain(`kubewright: ${message}`);
  });

  it('shows a stack trace only when asked to', async () => {
    await using folder = await Folder.make();
    const { code, stderr } = await folder.run(['dev', 'missing.ts', '--verbose']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^kubewright: there is no file 'missing.ts'[^]*\n +at /)]);
  });

  it('prints the plugins of a cluster', async () => {
    await using folder = await Folder.make();
    const { stdout } = await folder.run(['graph']);
    expect(stdout).toMatch(/api-server\n {4}needs [^]*# kubewright control plane[^]*deployment-controller/);
    expect((await folder.run(['graph', '--format', 'mermaid'])).stdout).toContain('flowchart LR');
  });

  it('takes options from the project, unless a flag says otherwise', async () => {
    await using folder = await Folder.make();
    await writeFile(
      join(folder.path, 'kubewright.config.mjs'),
      `export default { settings: { graph: { format: 'svg' } } };`,
    );
    const { code, stderr } = await folder.run(['graph']);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^kubewright: format \(.*kubewright\.config\.mjs, section graph\): must be one of/),
    ]);
    expect((await folder.run(['graph', '--format', 'text'])).code).toBe(0);
  });

  it('has the commands of the plugins that the project names', async () => {
    await using folder = await Folder.make();
    const run = `async (_read, { io }) => { io.stdout.write('hello\\n'); return 3; }`;
    const command = `{ name: 'greet', summary: 'say hello', options: {}, run: ${run} }`;
    const point = `Symbol.for('extension point @kubewright/core/CliCommand')`;
    const plugin = `{ name: 'greeter', contributes: [{ token: ${point}, target: { value: ${command} } }] }`;
    await writeFile(join(folder.path, 'kubewright.config.mjs'), `export default { plugins: [${plugin}] };`);
    expect((await folder.run(['--help'])).stdout).toMatch(/ {2}greet +say hello\n/);
    expect(await folder.run(['greet'])).toMatchObject({ code: 3, stdout: 'hello\n' });
  });

  it('refuses a command that would have to be built first, and names its plugin', async () => {
    await using folder = await Folder.make();
    const plugin = `{ name: 'greeter', contributes: [Symbol.for('extension point @kubewright/core/CliCommand')] }`;
    await writeFile(join(folder.path, 'kubewright.config.mjs'), `export default { plugins: [${plugin}] };`);
    const { code, stderr } = await folder.run(['--help']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/plugin 'greeter' .*KW_CLI_COMMAND_NOT_A_VALUE/)]);
  });
});
