import type { Clock } from '@kubewright/core';
import { criSdkErrors } from '../../errors.js';
import { SpdyConnection } from '../spdy/spdy-connection.js';
import type { SpdyStream } from '../spdy/spdy-stream.js';
import type { CommandChannels, StreamChoice } from './command-session.js';
import type { Upgraded } from './upgrade.js';

/** How long a client may take to open its streams, in seconds. */
const openingTime = 30;

export const spdyCommandProtocols = ['v4', 'v3', 'v2', ''].map((version) =>
  version === '' ? 'channel.k8s.io' : `${version}.channel.k8s.io`,
);

/** A client's connection whose streams are open. */
export interface OpenedCommand {
  readonly connection: SpdyConnection;
  readonly channels: CommandChannels;
}

/** Waits until the client opened every stream that its request promised. @throws STREAM_TIMEOUT, STREAM_CLOSED */
export async function openSpdyCommand(
  { socket, head }: Upgraded,
  protocol: string,
  choice: StreamChoice,
  clock: Clock,
): Promise<OpenedCommand> {
  const version = Number(/^v(\d)/.exec(protocol)?.[1] ?? 1);
  const wanted = ['error', ...(['stdin', 'stdout', 'stderr'] as const).filter((name) => choice[name])];
  if (choice.tty && version >= 3) wanted.push('resize');
  const open = new Map<string, SpdyStream>();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const connection = new SpdyConnection(socket, {
    head,
    onStream: (stream) => {
      const type = stream.headers.get('streamtype') ?? '';
      if (!wanted.includes(type) || open.has(type)) return void stream.destroy();
      open.set(type, stream);
      if (open.size === wanted.length) resolve();
    },
  });
  const missing = (): string[] => wanted.filter((name) => !open.has(name));
  const timer = clock.setTimer(openingTime * 1000, () => {
    reject(criSdkErrors.STREAM_TIMEOUT({ missing: missing(), seconds: openingTime }));
  });
  const closed = (): void =>
    reject(criSdkErrors.STREAM_CLOSED({ reason: 'the client left before its streams were open' }));
  connection.ended.then(closed, reject);
  try {
    await promise;
  } catch (error) {
    connection.destroy();
    throw error;
  } finally {
    timer.cancel();
  }
  const [stdin, stdout, stderr, error, resize] = ['stdin', 'stdout', 'stderr', 'error', 'resize'].map((name) =>
    open.get(name),
  );
  if (error === undefined) throw criSdkErrors.STREAM_CLOSED({ reason: 'there is no error stream' });
  return {
    connection,
    channels: {
      error,
      version,
      ...(stdin && { stdin }),
      ...(stdout && { stdout }),
      ...(stderr && { stderr }),
      ...(resize && { resize }),
    },
  };
}
