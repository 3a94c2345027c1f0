/**
 * What shims and daemon say to each other. A frame carries what a process would get and give: variables and stdin in, exit
 * code and stdout out. Numbers are little-endian.
 *
 * request:  magic "KWC1", u32 length of the variables, u32 length of stdin, the variables, stdin
 * variables: the plugin's type, then `NAME=VALUE` of each variable that starts with `CNI_`, each ended by a zero byte
 * reply:    u32 exit code, u32 length of stdout, stdout; then the socket is closed
 */

export const requestMagic = Buffer.from('KWC1');
export const requestHeaderLength = 12;
export const replyHeaderLength = 8;
/** The most that a request may hold; the shim refuses more. */
export const requestLimit = 8 * 1024 * 1024;

export interface RequestFrame {
  readonly type: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/**
 * How long the request is that begins with `bytes`; undefined while the header is not whole.
 * @throws RangeError for what no shim sends.
 */
export function requestLength(bytes: Buffer): number | undefined {
  const letters = Math.min(bytes.length, requestMagic.length);
  if (!requestMagic.subarray(0, letters).equals(bytes.subarray(0, letters))) throw new RangeError('no request');
  if (bytes.length < requestHeaderLength) return undefined;
  const total = requestHeaderLength + bytes.readUInt32LE(4) + bytes.readUInt32LE(8);
  if (total > requestLimit) throw new RangeError('the request is longer than it may be');
  return total;
}

/** Undefined: more bytes are needed. @throws RangeError for what no shim sends. */
export function decodeRequest(bytes: Buffer): RequestFrame | undefined {
  const total = requestLength(bytes);
  if (total === undefined || bytes.length < total) return undefined;
  if (bytes.length > total) throw new RangeError('the request is longer than it says');
  const variablesLength = bytes.readUInt32LE(4);
  const variables = bytes.subarray(requestHeaderLength, requestHeaderLength + variablesLength);
  const [type = '', ...pairs] = variables.toString().split('\0');
  const environment = Object.create(null) as Record<string, string>;
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals > 0) environment[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return { type, environment, stdin: bytes.toString('utf8', requestHeaderLength + variablesLength, total) };
}

export function encodeRequest({ type, environment, stdin }: RequestFrame): Buffer {
  const pairs = Object.entries(environment).map(([name, value]) => `${name}=${value}\0`);
  const variables = Buffer.from(`${type}\0${pairs.join('')}`);
  const input = Buffer.from(stdin);
  const header = Buffer.alloc(requestHeaderLength);
  requestMagic.copy(header);
  header.writeUInt32LE(variables.length, 4);
  header.writeUInt32LE(input.length, 8);
  return Buffer.concat([header, variables, input]);
}

export function encodeReply(exitCode: number, stdout: string): Buffer {
  const output = Buffer.from(stdout);
  const header = Buffer.alloc(replyHeaderLength);
  header.writeUInt32LE(exitCode, 0);
  header.writeUInt32LE(output.length, 4);
  return Buffer.concat([header, output]);
}
