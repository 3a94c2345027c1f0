import { Plugin } from '@kubewright/core';

/** Where the server is in its life, and where clients find it: for the parts that tell of it. */
@Plugin({ name: 'server-state' })
export class ServerState {
  readonly #stop = new AbortController();
  /** Whether everything is read and requests can be served. */
  isReady = false;
  /** Host and port that discovery tells clients of. */
  address = '127.0.0.1:443';

  /** Aborts when the server stops: every request ends with it. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  stop(): void {
    this.isReady = false;
    this.#stop.abort(new Error('the API server has stopped'));
  }
}
