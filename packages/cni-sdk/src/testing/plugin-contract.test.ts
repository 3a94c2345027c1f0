import { describe, expect, it } from 'vitest';
import type { NetworkConfig } from '../config/network-config.js';
import type { AttachmentRequest } from '../plugin/cni-plugin.js';
import type { CniResult } from '../result/result.js';
import { describeCniPluginContract } from './plugin-contract.js';
import type { PluginUnderTest } from './plugin-contract.js';
import { RecordingPlugin } from './recording-plugin.js';

function subject(make: () => RecordingPlugin, chained = false): () => Promise<PluginUnderTest> {
  const netns = '/run/netns/contract';
  return async () => ({ plugin: make(), config: {}, netns, chained, dispose: async () => undefined });
}

describeCniPluginContract(
  { describe, it },
  'the recording plugin',
  subject(() => new RecordingPlugin()),
);

/** Runs the one test of the contract whose title begins so. */
async function judge(begin: string, factory: () => Promise<PluginUnderTest>): Promise<void> {
  const tests = new Map<string, () => Promise<void>>();
  const runner = {
    describe: (_name: string, body: () => void) => body(),
    it: (title: string, body: () => Promise<void>) => void tests.set(title, body),
  };
  describeCniPluginContract(runner, 'a plugin', factory);
  const [title = ''] = [...tests.keys()].filter((one) => one.startsWith(begin));
  await tests.get(title)?.();
}

describe('the contract', () => {
  it('wants an interface in the namespace', async () => {
    class Outside extends RecordingPlugin {
      override async add(request: AttachmentRequest<NetworkConfig>): Promise<CniResult> {
        const { interfaces = [], ...result } = await super.add(request);
        return { ...result, interfaces: interfaces.map(({ name }) => ({ name })) };
      }
    }
    await expect(
      judge(
        'ADD puts',
        subject(() => new Outside()),
      ),
    ).rejects.toThrow('no interface of the result has a sandbox');
  });

  it('wants CHECK to fail after DEL, but of a chained plugin', async () => {
    class Content extends RecordingPlugin {
      override async check(): Promise<void> {}
    }
    await expect(
      judge(
        'CHECK succeeds',
        subject(() => new Content()),
      ),
    ).rejects.toThrow('CHECK after DEL did not fail');
    await judge(
      'CHECK succeeds',
      subject(() => new Content(), true),
    );
  });
});
