import type { ServerRequest } from '../server-request.js';

/** What a connection proves about who is at its other end. */
export type ProvenByConnection = Pick<ServerRequest, 'certificate' | 'certificateProblem'>;

export interface ClientCertificate {
  readonly proven: ProvenByConnection;
  /** Milliseconds since 1970 until which it proves that; Infinity where there is nothing that ends. */
  readonly until: number;
}

/** The part of Node's TLSSocket that tells of it. */
interface Connection {
  readonly authorized: boolean;
  readonly authorizationError?: Error | string;
  getPeerCertificate(): {
    readonly subject?: { readonly CN?: string | string[]; readonly O?: string | string[] };
    readonly valid_to?: string;
  };
}

/** The certificate that a client showed, and what the TLS layer found out about it. */
export function readClientCertificate(socket: Connection): ClientCertificate {
  const { subject, valid_to: until = '' } = socket.getPeerCertificate();
  if (subject === undefined) return { proven: {}, until: Infinity };
  if (!socket.authorized) {
    const problem = socket.authorizationError;
    return { proven: { certificateProblem: problem ? String(problem) : 'it is not trusted' }, until: Infinity };
  }
  const texts = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());
  const { CN, O } = subject;
  // Of several names the last counts, as upstream's language reads them.
  const certificate = { commonName: texts(CN).at(-1) ?? '', organizations: texts(O) };
  return { proven: { certificate }, until: Date.parse(until) };
}
