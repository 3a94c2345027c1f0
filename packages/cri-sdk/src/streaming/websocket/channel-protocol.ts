/** Kubernetes' streams over WebSocket: one channel number per message. Neighbours: `session` gives the channels meaning. */

/** What a WebSocket subprotocol means for messages. */
export interface ChannelProtocol {
  readonly name: string;
  /** Whether data is in text messages, in base64, after the channel as a digit. */
  readonly base64: boolean;
  /** How the error channel tells the end: 4 and 5 as a Status object. 5 also lets the client end its input. */
  readonly version: number;
}

export const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;
/** In version 5: the byte after it is a channel that its sender is done with. */
export const closeChannel = 255;

/** The subprotocols that are served, the best first. */
export const channelProtocols: readonly ChannelProtocol[] = [5, 4, 3, 2, 1].flatMap((version) => {
  const prefix = version === 1 ? '' : `v${version}.`;
  const binary = { name: `${prefix}channel.k8s.io`, base64: false, version };
  return version === 5 ? [binary] : [binary, { name: `${prefix}base64.channel.k8s.io`, base64: true, version }];
});

/** A message for a channel. */
export function encodeMessage({ base64 }: ChannelProtocol, number: number, data: Uint8Array): Buffer | string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return base64 ? `${number}${bytes.toString('base64')}` : Buffer.concat([Buffer.from([number]), bytes]);
}

/** The channel and data of a message; undefined for an empty one. */
export function decodeMessage(
  { base64 }: ChannelProtocol,
  message: Buffer,
): { readonly number: number; readonly data: Buffer } | undefined {
  const [first] = message;
  if (first === undefined) return undefined;
  if (!base64) return { number: first, data: message.subarray(1) };
  return { number: first - 0x30, data: Buffer.from(message.toString('latin1', 1), 'base64') };
}
