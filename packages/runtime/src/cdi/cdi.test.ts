import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@kubewright/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runtimeErrors } from '../errors.js';
import { defaultDeviceRules } from '../oci/default-spec.js';
import type { OciSpec } from '../oci/spec.js';
import { applyEdits } from './apply-edits.js';
import { CdiDevices } from './cdi-devices.js';

describe('CdiDevices', () => {
  let home: string;
  let devices: CdiDevices;
  const put = (path: string, content: object | string) =>
    writeFile(join(home, path), typeof content === 'string' ? content : JSON.stringify(content));
  const spec = (kind: string, names: readonly string[], more: object = {}) => ({
    cdiVersion: '0.6.0',
    kind,
    devices: names.map((name) => ({ name, containerEdits: { env: [`GPU=${name}`] } })),
    ...more,
  });
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'kw-cdi-'));
    for (const name of ['static', 'dynamic']) await mkdir(join(home, name));
    const directories = [join(home, 'static'), join(home, 'dynamic'), join(home, 'absent')];
    devices = new CdiDevices({ directories, logger: silentLogger });
  });
  afterEach(() => rm(home, { recursive: true }));

  it('gives what all devices of a file bring along once, before what each brings', async () => {
    await put('static/gpus.json', spec('example.com/gpu', ['0', '1'], { containerEdits: { env: ['DRIVER=1'] } }));
    expect(await devices.edits(['example.com/gpu=1', 'example.com/gpu=0'])).toEqual([
      { env: ['DRIVER=1'] },
      { env: ['GPU=1'] },
      { env: ['GPU=0'] },
    ]);
  });

  it('reads YAML, prefers the later directory, and leaves out what it cannot read', async () => {
    await put('static/gpus.json', spec('example.com/gpu', ['0']));
    await put('static/broken.json', '{');
    await put('static/nameless.json', { ...spec('example.com/gpu', []), devices: [{}] });
    await put(
      'dynamic/gpus.yaml',
      'cdiVersion: 0.6.0\nkind: example.com/gpu\ndevices: [{name: "0", containerEdits: {env: [NEW=1]}}]\n',
    );
    expect(await devices.edits(['example.com/gpu=0'])).toEqual([{ env: ['NEW=1'] }]);
  });

  it('refuses a device that no file describes, and one that two files of a directory do', async () => {
    await expect(devices.edits(['example.com/gpu=0'])).rejects.toMatchObject({ code: runtimeErrors.CDI_UNKNOWN.code });
    await put('static/one.json', spec('example.com/gpu', ['0']));
    await put('static/two.json', spec('example.com/gpu', ['0']));
    await expect(devices.edits(['example.com/gpu=0'])).rejects.toThrow('two files describe it');
  });
});

describe('applyEdits', () => {
  const before: OciSpec = {
    ociVersion: '1.0.2',
    process: {
      terminal: false,
      user: { uid: 0, gid: 0, additionalGids: [10] },
      args: ['sh'],
      env: ['PATH=/bin', 'GPU=none'],
      cwd: '/',
      capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
      noNewPrivileges: false,
    },
    root: { path: '/root', readonly: false },
    mounts: [],
    annotations: {},
    linux: {
      namespaces: [],
      resources: { devices: defaultDeviceRules },
      cgroupsPath: '/c',
      devices: [],
      maskedPaths: [],
      readonlyPaths: [],
      rootfsPropagation: 'rprivate',
    },
  };

  it('adds variables, devices, mounts, hooks and groups', async () => {
    const hook = { hookName: 'createContainer', path: '/bin/hook', args: ['hook'] };
    const after = await applyEdits(before, [
      {
        env: ['GPU=0'],
        deviceNodes: [{ path: '/dev/gpu', hostPath: '/dev/null', permissions: 'rw' }],
        mounts: [{ hostPath: '/lib/gpu', containerPath: '/gpu', options: ['ro', 'rbind'] }],
        hooks: [hook],
        additionalGids: [0, 44],
      },
      { hooks: [{ ...hook, path: '/bin/second' }] },
    ]);
    expect(after.process.env).toEqual(['PATH=/bin', 'GPU=0']);
    expect(after.process.user.additionalGids).toEqual([10, 44]);
    expect(after.mounts).toEqual([{ destination: '/gpu', type: 'bind', source: '/lib/gpu', options: ['ro', 'rbind'] }]);
    expect(after.linux.devices).toMatchObject([{ path: '/dev/gpu', type: 'c', major: 1, minor: 3 }]);
    expect(after.linux.resources.devices.at(-1)).toEqual({ allow: true, type: 'c', major: 1, minor: 3, access: 'rw' });
    expect(after.hooks).toEqual({
      createContainer: [
        { path: '/bin/hook', args: ['hook'] },
        { path: '/bin/second', args: ['hook'] },
      ],
    });
  });

  it('takes what a file says of a device that is not there', async () => {
    const node = { path: '/dev/absent', type: 'b', major: 7, minor: 9, fileMode: 0o600, gid: 6 };
    const { linux } = await applyEdits(before, [{ deviceNodes: [node] }]);
    expect(linux.devices).toEqual([{ ...node, uid: 0 }]);
  });

  it('refuses a device that is not there and that nothing more is said of', async () => {
    const edits = applyEdits(before, [{ deviceNodes: [{ path: '/dev/absent' }] }]);
    await expect(edits).rejects.toThrow("'/dev/absent'");
  });
});
