import { PassThrough, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import type { CommandChannels, StreamChoice } from '../session/command-session.js';
import { channel, closeChannel, decodeMessage, encodeMessage } from './channel-protocol.js';
import type { ChannelProtocol } from './channel-protocol.js';

/** Bytes of a channel that wait for a slow reader before the socket is no longer read. */
const readAhead = 256 * 1024;

/** The channels of a WebSocket as the streams of a command. They end with the socket. */
export function channelStreams(socket: WebSocket, protocol: ChannelProtocol, choice: StreamChoice): CommandChannels {
  const send = (number: number, data: Uint8Array, done: (error?: Error | null) => void): void => {
    if (socket.readyState !== socket.OPEN) done(new Error('the client closed the connection'));
    else socket.send(encodeMessage(protocol, number, data), (error) => done(error ?? null));
  };
  const output = (number: number): Writable =>
    new Writable({ write: (chunk: Buffer, _encoding, done) => send(number, chunk, done) });
  const inputs = new Map<number, PassThrough>();
  const input = (number: number): PassThrough => {
    const stream = new PassThrough({ writableHighWaterMark: readAhead });
    inputs.set(number, stream);
    return stream;
  };
  const channels: CommandChannels = {
    version: protocol.version,
    error: output(channel.error),
    ...(choice.stdin && { stdin: input(channel.stdin) }),
    ...(choice.stdout && { stdout: output(channel.stdout) }),
    ...(choice.stderr && { stderr: output(channel.stderr) }),
    ...(choice.tty && { resize: input(channel.resize) }),
  };
  for (const stream of [channels.error, channels.stdout, channels.stderr]) stream?.on('error', () => undefined);
  socket.on('message', (message: Buffer) => {
    const decoded = decodeMessage(protocol, message);
    if (decoded === undefined) return;
    if (decoded.number === closeChannel && protocol.version >= 5) {
      inputs.get(decoded.data[0] ?? closeChannel)?.end();
      return;
    }
    const stream = inputs.get(decoded.number);
    if (stream === undefined || !stream.writable || decoded.data.length === 0 || stream.write(decoded.data)) return;
    socket.pause();
    const goOn = (): void => {
      stream.off('drain', goOn).off('close', goOn);
      socket.resume();
    };
    stream.once('drain', goOn).once('close', goOn);
  });
  socket.on('close', () => {
    for (const stream of inputs.values()) stream.end();
  });
  // Clients wait for a first message before they take the connection as working.
  const greeted = choice.stdout ? channel.stdout : choice.stderr ? channel.stderr : channel.error;
  send(greeted, Buffer.alloc(0), () => undefined);
  return channels;
}
