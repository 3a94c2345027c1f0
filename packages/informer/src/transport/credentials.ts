/** Who a client is to the API server: what the kubeconfig readers produce and the HTTP transport sends. */

export interface Credential {
  /** The value of the `Authorization` header. */
  readonly authorization?: string;
  /** A client certificate with its key, PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

export interface Credentials {
  /** The credential to use now; may read a file or run a program, and keeps what it got for as long as it is valid. */
  get(signal?: AbortSignal): Promise<Credential>;
  /** The server refused the credential (401): the next `get` must not answer it again if another one can be had. */
  invalidate(): void;
}

/** A credential that never changes. */
export class StaticCredentials implements Credentials {
  readonly #credential: Credential;

  constructor(credential: Credential = {}) {
    this.#credential = credential;
  }

  async get(): Promise<Credential> {
    return this.#credential;
  }

  invalidate(): void {}
}
