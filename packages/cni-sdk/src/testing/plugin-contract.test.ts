import { describe, it } from 'vitest';
import { describeCniPluginContract } from './plugin-contract.js';
import { RecordingPlugin } from './recording-plugin.js';

describeCniPluginContract({ describe, it }, 'the recording plugin', async () => ({
  plugin: new RecordingPlugin(),
  config: {},
  netns: '/run/netns/contract',
  dispose: async () => undefined,
}));
