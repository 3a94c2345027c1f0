/**
 * A program of its own, run inside a pod's network namespace: joins its input and output with a port on the loopback there.
 * It is given the port, and says `connected` or what is wrong on its error output. Node makes sockets in the namespace of
 * its thread, so a process is the way to be inside.
 */
import { createWriteStream } from 'node:fs';
import { connect } from 'node:net';

const socket = connect({ port: Number(process.argv[2]), host: 'localhost', allowHalfOpen: true });
socket.on('connect', () => process.stderr.write('connected'));
socket.on('error', (error: NodeJS.ErrnoException) => {
  process.stderr.write(error.code ?? error.message);
  process.exitCode = 1;
  process.stdin.destroy();
});
// Unlike process.stdout, this closes the output where the port has said all.
socket.pipe(createWriteStream('', { fd: 1 }));
process.stdin.pipe(socket);
