import { CniError, cniErrorCode } from '../errors.js';
import { acceptOutput } from '../execute/executor.js';
import type { PluginExecutor } from '../execute/executor.js';
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
      return decodeResult(parseJson(await this.#call('ADD')), this.#context.version);
    } catch (error) {
      // The failure of the way back says less than the failure itself.
      await this.del().catch(() => undefined);
      throw error;
    }
  }

  async del(): Promise<void> {
    await this.#call('DEL');
  }

  async check(): Promise<void> {
    await this.#call('CHECK');
  }

  async gc(): Promise<void> {
    await this.#call('GC');
  }

  async status(): Promise<void> {
    await this.#call('STATUS');
  }

  async #call(verb: CniVerb): Promise<string> {
    const { environment, stdin, path, executor, signal } = this.#context;
    const call = { type: this.#type, path, stdin, environment: { ...environment, CNI_COMMAND: verb } };
    return acceptOutput(this.#type, await executor.execute(call, signal));
  }
}

/** The address manager that a configuration names. @throws CniError 7 where it names none. */
export function requireIpamType(ipam: { readonly type?: string } | undefined): string {
  const type = ipam?.type;
  if (typeof type === 'string' && type !== '') return type;
  throw new CniError(cniErrorCode.invalidConfig, 'the network configuration is invalid: ipam.type must be set');
}
