import type { PluginCall, PluginExecutor, PluginOutput } from '../execute/executor.js';

/** Answers calls in their order, and keeps them with their signals. */
export class ScriptedExecutor implements PluginExecutor {
  readonly calls: PluginCall[] = [];
  readonly signals: (AbortSignal | undefined)[] = [];
  readonly #answers: (string | (() => string))[];

  constructor(...answers: readonly (string | (() => string))[]) {
    this.#answers = [...answers];
  }

  async execute(call: PluginCall, signal?: AbortSignal): Promise<PluginOutput> {
    this.calls.push(call);
    this.signals.push(signal);
    const answer = this.#answers.shift() ?? '';
    return { exitCode: 0, stdout: typeof answer === 'string' ? answer : answer(), stderr: '' };
  }
}
