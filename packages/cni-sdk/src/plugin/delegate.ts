import { CniError, cniErrorCode } from '../errors.js';
import { acceptOutput } from '../execute/executor.js';
import type { PluginExecutor, PluginOutput } from '../execute/executor.js';
import { parseJson } from '../config/parse-config.js';
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
}

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
      const { stdout, settled = Promise.resolve() } = await this.#execute('ADD', true);
      return { result: this.#decode(stdout), settled };
    } catch (error) {
      await this.#giveUp();
      throw error;
    }
  }

  async del(): Promise<void> {
    await this.#execute('DEL');
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
    return decodeResult(parseJson(stdout), this.#context.version);
  }

  async #execute(verb: CniVerb, early = false): Promise<PluginOutput> {
    const { environment, stdin, path, executor, signal } = this.#context;
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
