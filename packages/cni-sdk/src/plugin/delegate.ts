import type { Clock } from '@kubewright/core';
import { CniError, cniErrorCode } from '../errors.js';
import { acceptOutput, parseOutput } from '../execute/executor.js';
import type { PluginExecutor, PluginOutput } from '../execute/executor.js';
import type { CniVerb, Environment } from '../request/environment.js';
import type { CniResult } from '../result/result.js';
import { decodeResult } from '../result/decode.js';
import type { CniVersion } from '../version/version.js';

/** The request that is passed on. */
export interface DelegateContext {
  readonly environment: Environment;
  /** The configuration as it came, unknown keys and all. */
  readonly stdin: string;
  readonly path: readonly string[];
  readonly version: CniVersion;
  readonly executor: PluginExecutor;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Milliseconds that DEL may take. */
const releaseTimeout = 60_000;

/** A result that is known, but not safe yet. */
export interface EarlyResult {
  readonly result: CniResult;
  /** Resolves when the result holds. */
  readonly settled: Promise<void>;
}

/** Another plugin, called in the middle of a request: an address manager, for the most part. It gets the same configuration. */
export class Delegate {
  readonly #type: string;
  readonly #context: DelegateContext;

  constructor(type: string, context: DelegateContext) {
    this.#type = type;
    this.#context = context;
  }

  /** ADD; where it fails, DEL is called, so that nothing stays behind, and the first error is thrown. */
  async add(): Promise<CniResult> {
    try {
      return this.#decode((await this.#execute('ADD')).stdout);
    } catch (error) {
      await this.#giveUp();
      throw error;
    }
  }

  /**
   * As `add`, but resolves when the result is known, be it not safe yet. The caller waits for `settled` before it answers, and
   * calls `del` where that fails.
   */
  async addEarly(): Promise<EarlyResult> {
    try {
      const { stdout, settled = Promise.resolve() } = await this.#execute('ADD', { early: true });
      return { result: this.#decode(stdout), settled };
    } catch (error) {
      await this.#giveUp();
      throw error;
    }
  }

  /**
   * DEL. It does not end with the request's signal, since it is also the way back of a request that was given up; it is
   * aborted after a minute.
   */
  async del(): Promise<void> {
    const late = new AbortController();
    const giveUp = (): void => late.abort(CniError.tryAgainLater(`DEL of plugin '${this.#type}' takes too long`));
    using _limit = this.#context.clock.setTimer(releaseTimeout, giveUp, { ref: false });
    await this.#execute('DEL', { signal: late.signal });
  }

  async check(): Promise<void> {
    await this.#execute('CHECK');
  }

  async gc(): Promise<void> {
    await this.#execute('GC');
  }

  async status(): Promise<void> {
    await this.#execute('STATUS');
  }

  /** The failure of the way back says less than the failure itself. */
  async #giveUp(): Promise<void> {
    await this.del().catch(() => undefined);
  }

  #decode(stdout: string): CniResult {
    return decodeResult(parseOutput(this.#type, stdout), this.#context.version);
  }

  async #execute(
    verb: CniVerb,
    { early = false, signal = this.#context.signal }: { readonly early?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<PluginOutput> {
    const { environment, stdin, path, executor } = this.#context;
    const call = { type: this.#type, path, stdin, environment: { ...environment, CNI_COMMAND: verb }, early };
    const output = await executor.execute(call, signal);
    acceptOutput(this.#type, output);
    return output;
  }
}

/** The address manager that a configuration names. @throws CniError 7 where it names none. */
export function requireIpamType(ipam: { readonly type?: string } | undefined): string {
  const type = ipam?.type;
  if (typeof type === 'string' && type !== '') return type;
  throw new CniError(cniErrorCode.invalidConfig, 'the network configuration is invalid: ipam.type must be set');
}
