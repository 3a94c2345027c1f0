import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@kubewright/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemPrograms } from '../programs/program-runner.js';
import { CliOciRuntime } from './oci-runtime.js';

describe('CliOciRuntime', () => {
  let root: string;
  beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'kw-oci-'))));
  afterEach(() => rm(root, { recursive: true }));

  it('forgets what crun and runc keep, and leaves what it does not know to the program', async () => {
    const runtime = new CliOciRuntime({
      name: 'crun',
      program: '/bin/false',
      root,
      programs: new SystemPrograms(new SystemClock()),
    });
    const kept = {
      crun: ['status', 'config.json', 'seccomp.bpf'],
      runc: ['state.json'],
      other: ['state.json', 'more.json'],
    };
    for (const [id, names] of Object.entries(kept)) {
      await mkdir(join(root, id));
      for (const name of names) await writeFile(join(root, id, name), '');
    }
    const forgotten = await Promise.all([...Object.keys(kept), 'missing'].map((id) => runtime.forget(id)));
    expect(forgotten).toEqual([true, true, false, false]);
    expect(await readdir(root)).toEqual(['other']);
  });
});
