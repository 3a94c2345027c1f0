import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { runtimeErrors } from '../errors.js';

/** The helper beside this file: compiled, or as source where the sources are run. */
const helper = fileURLToPath(new URL(`./connect-port.worker${extname(import.meta.url)}`, import.meta.url));

/**
 * Joins a stream with a port of a pod.
 *
 * @param netns - where the pod's network namespace is mounted; undefined for the host's.
 * @throws PROGRAM_FAILED with the reason, as that nothing listens there
 */
export async function forwardPort(
  netns: string | undefined,
  port: number,
  stream: Duplex,
  signal: AbortSignal,
): Promise<void> {
  const command = [helper, String(port)];
  const [program, args] =
    netns === undefined
      ? [process.execPath, command]
      : ['nsenter', [`--net=${netns}`, '--', process.execPath, ...command]];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: {} });
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(0, 1_000)));
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  // Each direction ends by itself; the client may leave in the middle of either.
  const sending = pipeline(stream, child.stdin, { signal }).catch(() => undefined);
  const receiving = pipeline(child.stdout, stream, { end: false }).catch(() => undefined);
  try {
    await receiving;
    // The end of the port's side goes on to the client, which may still have something to say.
    if (said.startsWith('connected') && stream.writable) stream.end();
    const code = await ended;
    if (code === 0 || signal.aborted) return;
    throw runtimeErrors.PROGRAM_FAILED({
      program: 'connect',
      code: 'an error',
      output: said.replace(/^connected/, ''),
    });
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    child.stdin.destroy();
    await sending;
  }
}
