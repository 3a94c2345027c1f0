/**
 * How a client's requests reach an API server: over HTTP, or straight into an embedded server of the same process. The
 * client, the informers and the tests see only this interface.
 */

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The absolute path with the query, as `/api/v1/pods?watch=true`. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /**
   * Called right before the first bytes of the request go to the server; where it throws, nothing is sent and `send` rejects with
   * that error. A transport that holds a request back, for a connection or a credential, has to ask; one that sends within
   * the call of `send` need not. Absent: nobody minds the wait.
   */
  readonly beforeSending?: () => void;
}

export interface ApiResponse {
  readonly status: number;
  /** Names in lower case; a repeated header's values are joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it arrives. Whoever does not read it to the end must abort the request's signal or call `return()`. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Transport {
  /** Whom it talks to, as metrics name it: `10.0.0.1:6443`. Absent: nobody by a network. */
  readonly host?: string;
  /**
   * Sends one request; resolves when the response's head is there, whatever its status. Rejects when no response came:
   * connection refused or cut, TLS failure, or the signal's reason on abort. Aborting later ends the body with that reason.
   */
  send(request: ApiRequest, signal?: AbortSignal): Promise<ApiResponse>;
  /** Ends open requests and frees the connections. */
  close(): Promise<void>;
}
