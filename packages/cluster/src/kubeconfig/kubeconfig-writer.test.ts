import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubeconfig } from '@kubewright/informer';
import { describe, expect, it } from 'vitest';
import { clusterErrors } from '../errors/cluster-errors.js';
import { renderKubeconfig, writeKubeconfig } from './kubeconfig-writer.js';

const content = {
  name: 'a "cluster"',
  server: 'https://127.0.0.1:6443',
  certificateAuthority: '-----BEGIN CERTIFICATE-----\n',
  token: 'secret: #1',
};

describe('kubeconfig', () => {
  it('can be read back', async () => {
    const { transport, namespace } = await kubeconfig({ text: renderKubeconfig(content) }).open();
    expect(namespace).toBe('default');
    await transport.close();
    await expect(kubeconfig({ text: renderKubeconfig(content), context: content.name }).open()).resolves.toBeDefined();
  });

  it('is written as a whole, for its owner alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kubewright-'));
    const path = join(folder, 'new', 'config');
    await writeKubeconfig(path, { ...content, token: 'old' });
    await writeKubeconfig(path, content);
    expect(await readFile(path, 'utf8')).toBe(renderKubeconfig(content));
    expect([(await stat(path)).mode & 0o777, await readdir(join(folder, 'new'))]).toEqual([0o600, ['config']]);
    await expect(writeKubeconfig(join(path, 'below'), content)).rejects.toSatisfy(
      clusterErrors.KUBECONFIG_NOT_WRITTEN.is,
    );
    await rm(folder, { recursive: true });
  });
});
