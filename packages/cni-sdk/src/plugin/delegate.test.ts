import { FakeClock } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { CniError } from '../errors.js';
import type { PluginExecutor, PluginOutput } from '../execute/executor.js';
import { InProcessExecutor } from './in-process-executor.js';
import { RecordingPlugin } from '../testing/recording-plugin.js';
import { ScriptedExecutor } from '../testing/scripted-executor.js';
import { errorOf, nobody, request, ScriptedPlugin, variables } from '../testing/scripted-plugin.js';
import { handleRequest } from './handle-request.js';

describe('delegation', () => {
  it('hands the whole configuration on and takes the result', async () => {
    const ipam = new RecordingPlugin('ipam');
    const executor = new InProcessExecutor([ipam], nobody);
    const { stdout } = await request(
      new ScriptedPlugin(),
      'ADD',
      { cniVersion: '0.3.1', ipam: { type: 'ipam', subnet: 'x' } },
      executor,
    );
    expect(JSON.parse(stdout)).toMatchObject({ ips: [{ address: '10.1.0.2/24' }] });
    expect(ipam.calls).toEqual(['ADD c1 eth0']);
  });

  it('undoes a failed ADD and passes the code on', async () => {
    const ipam = new RecordingPlugin('ipam');
    ipam.fail.set('ADD', CniError.tryAgainLater('empty'));
    const output = request(
      new ScriptedPlugin(),
      'ADD',
      { cniVersion: '0.3.1', ipam: { type: 'ipam' } },
      new InProcessExecutor([ipam], nobody),
    );
    expect(await errorOf(output)).toMatchObject({ code: 11, msg: 'empty' });
    expect(ipam.calls).toEqual(['ADD c1 eth0', 'DEL c1 eth0']);
  });

  it('takes a result of null, and blames the plugin for one that is none', async () => {
    const config = { cniVersion: '0.3.1', ipam: { type: 'ipam' } };
    const taken = await request(new ScriptedPlugin(), 'ADD', config, new ScriptedExecutor('null'));
    expect(JSON.parse(taken.stdout)).toEqual({ cniVersion: '0.3.1' });
    const refused = request(new ScriptedPlugin(), 'ADD', config, new ScriptedExecutor('hello'));
    expect(await errorOf(refused)).toMatchObject({ code: 6, msg: "what plugin 'ipam' printed is no JSON object" });
  });

  it('undoes what was given up with a signal of its own, which ends after a minute', async () => {
    const abort = new AbortController();
    const clock = new FakeClock();
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<PluginOutput>();
    const executor = new ScriptedExecutor(() => {
      abort.abort(new Error('the caller went away'));
      throw new Error('given up');
    });
    const slow: PluginExecutor = {
      async execute(call, signal) {
        const output = await executor.execute(call, signal);
        reached.resolve();
        return call.environment['CNI_COMMAND'] === 'DEL' ? gate.promise : output;
      },
    };
    const output = handleRequest(new ScriptedPlugin(), {
      environment: { ...variables, CNI_COMMAND: 'ADD' },
      stdin: JSON.stringify({ cniVersion: '0.3.1', name: 'net', type: 'small', ipam: { type: 'ipam' } }),
      executor: slow,
      signal: abort.signal,
      clock,
    });
    await reached.promise;
    const [add, del] = executor.signals;
    expect([executor.calls[1]?.environment['CNI_COMMAND'], add?.aborted, del?.aborted]).toEqual(['DEL', true, false]);
    await clock.advance(60_000);
    expect(del?.aborted).toBe(true);
    gate.resolve({ exitCode: 0, stdout: '', stderr: '' });
    expect(await errorOf(output)).toMatchObject({ msg: 'given up' });
    expect(clock.timers).toBe(0);
  });

  it('asks for the type', async () => {
    expect(await errorOf(request(new ScriptedPlugin(), 'ADD', { cniVersion: '0.3.1', ipam: {} }))).toMatchObject({
      code: 7,
      msg: expect.stringContaining('ipam.type') as string,
    });
  });
});
