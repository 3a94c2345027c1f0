import { ServiceAccountAdmission } from '@kubewright/apiserver';
import { ConfigMap } from '@kubewright/api/core/v1';
import { TestCluster } from '@kubewright/cluster/testing';
import { contribute } from '@kubewright/core';
import { expect, it } from 'vitest';
import { ForbiddenWord, ForbiddenWords, WordOfTheDay } from './forbidden-words.js';

it('forbids the words that plugins contribute, before the start and after it', async () => {
  const early = { name: 'early-word', contributes: [contribute(ForbiddenWord, { value: 'secret' })] };
  const plugins = [WordOfTheDay, early, ForbiddenWords];
  await using cluster = await TestCluster.start({ nodes: 0, plugins, without: [ServiceAccountAdmission] });
  const create = (name: string) => cluster.client.create(ConfigMap, { metadata: { name } });
  await expect(create('my-secret')).rejects.toThrow("no name may contain 'secret'");
  await expect(create('legacy-1')).rejects.toThrow("no name may contain 'legacy'");
  await expect(create('fine')).resolves.toBeDefined();
});
