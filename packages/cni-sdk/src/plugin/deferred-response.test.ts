import { describe, expect, it } from 'vitest';
import { CniError } from '../errors.js';
import type { PluginOutput } from '../execute/executor.js';
import { errorOf, nobody, ScriptedPlugin, variables } from '../testing/scripted-plugin.js';
import type { CniPlugin } from './cni-plugin.js';
import { handleRequest } from './handle-request.js';

describe('work that holds the answer up', () => {
  const config = { cniVersion: '0.3.1' };
  const answer = (plugin: CniPlugin, early: boolean): Promise<PluginOutput> =>
    handleRequest(plugin, {
      environment: { ...variables, CNI_COMMAND: 'ADD' },
      stdin: JSON.stringify({ name: 'net', type: 'small', ...config }),
      executor: nobody,
      early,
    });

  it('is awaited, and its failure is the answer', async () => {
    const plugin = new ScriptedPlugin();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    plugin.held = promise;
    let answered = false;
    const output = answer(plugin, false).finally(() => {
      answered = true;
    });
    await new Promise((later) => setImmediate(later));
    expect(answered).toBe(false);
    resolve();
    expect(await output).toMatchObject({ exitCode: 0 });
    reject();
    plugin.held = Promise.reject(new CniError(5, 'the disk is full'));
    expect(await errorOf(answer(plugin, false))).toMatchObject({ code: 5, msg: 'the disk is full' });
  });

  it('is awaited also where the plugin fails, whose error is the answer', async () => {
    const plugin = new ScriptedPlugin();
    plugin.failure = new CniError(120, 'own');
    plugin.held = Promise.reject(new CniError(5, 'the disk is full'));
    expect(await errorOf(answer(plugin, false))).toMatchObject({ code: 120 });
  });

  it('is handed over to a caller that waits itself', async () => {
    const plugin = new ScriptedPlugin();
    plugin.held = Promise.reject(new CniError(5, 'the disk is full'));
    const { exitCode, settled } = await answer(plugin, true);
    expect(exitCode).toBe(0);
    await expect(settled).rejects.toThrow('the disk is full');
  });
});
