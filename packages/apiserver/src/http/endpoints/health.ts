import { statusErrors } from '@kubewright/api';
import { Plugin, inject } from '@kubewright/core';
import { ServerState } from '../server-state.js';
import { textResponse } from '../server-request.js';
import type { ServerResponse } from '../server-request.js';

/** A condition that must hold; answers what is wrong, or undefined. */
type HealthCheck = () => string | undefined;

/** Answers `/healthz`, `/livez` and `/readyz`, whole or for one check. */
@Plugin({ name: 'server-health' })
export class HealthChecks {
  readonly #checks: ReadonlyMap<string, HealthCheck>;

  constructor(@inject(ServerState) state: ServerState) {
    const { stopping } = state;
    const checks: Readonly<Record<string, HealthCheck>> = {
      etcd: () => (stopping.aborted ? 'the storage is closed' : undefined),
      'informer-sync': () => (state.isReady || stopping.aborted ? undefined : 'the cache is being filled'),
      shutdown: () => (stopping.aborted ? 'the server is stopping' : undefined),
    };
    this.#checks = new Map(Object.entries(checks));
  }

  /**
   * @param endpoint - `readyz` asks all checks; the others ask only whether the server answers at all.
   * @throws 404 for a check that does not exist
   */
  answer(endpoint: string, single: string | undefined, query: URLSearchParams): ServerResponse {
    if (single !== undefined) {
      const check = this.#checks.get(single);
      if (check === undefined && single !== 'ping') throw statusErrors.unknownPath();
      const problem = check?.();
      return problem === undefined ? textResponse(200, 'ok') : textResponse(500, `internal server error: ${problem}`);
    }
    const excluded = new Set(query.getAll('exclude'));
    const lines = ['[+]ping ok'];
    let failed = false;
    for (const [name, check] of this.#checks) {
      if (endpoint !== 'readyz' && name !== 'etcd') continue;
      const problem = excluded.has(name) ? undefined : check();
      lines.push(
        excluded.has(name)
          ? `[+]${name} excluded: ok`
          : problem === undefined
            ? `[+]${name} ok`
            : `[-]${name} failed: ${problem}`,
      );
      failed ||= problem !== undefined;
    }
    if (!failed && !query.has('verbose')) return textResponse(200, 'ok');
    return textResponse(failed ? 500 : 200, `${lines.join('\n')}\n${endpoint} check ${failed ? 'failed' : 'passed'}\n`);
  }
}
