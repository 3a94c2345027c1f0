import { existsSync, readdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPlugins } from '@kubewright/cni-sdk';
import { privileged } from '@kubewright/linux/testing';
import { describe, expect, it } from 'vitest';
import { TestMachine } from '../testing/test-machine.js';
import { requestCommand } from './serve-request.js';

const shims = ['x64', 'arm64'].includes(process.arch);
// A shim knows nothing of sources: what it starts is the package as it is installed.
const built = existsSync(fileURLToPath(new URL('../../dist/commands/serve-request.js', import.meta.url)));

describe.skipIf(!privileged() || !shims || !built)('plugins without their daemon (needs root, and a build)', () => {
  it('serve themselves by a start of Node', async () => {
    await using machine = new TestMachine();
    const directory = join(machine.directory, 'bin');
    const socketPath = join(machine.directory, 'none.sock');
    const fallback = requestCommand(join(machine.directory, 'state'));
    await installPlugins({ plugins: machine.plugins, binDirectory: directory, socketPath, fallback });
    const ipam = { type: 'host-local', dataDir: machine.leases, subnet: '10.64.0.0/24' };
    const options = { config: { type: 'bridge', ipam }, netns: machine.pod().path };
    const leases = (): string[] => readdirSync(join(machine.leases, 'test-net')).filter((name) => isIP(name) !== 0);

    const { ips } = await machine.succeedForeign(directory, 'bridge', 'ADD', options);
    expect(ips).toEqual([expect.objectContaining({ address: '10.64.0.2/24' })]);
    expect([leases(), await machine.tables.links({ kind: 'veth' })]).toMatchObject([['10.64.0.2'], [{}]]);
    // What one process wrote down, another one releases.
    await machine.succeedForeign(directory, 'bridge', 'DEL', options);
    expect([leases(), await machine.tables.links({ kind: 'veth' })]).toEqual([[], []]);
  });
});
