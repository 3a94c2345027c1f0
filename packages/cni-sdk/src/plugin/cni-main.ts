/**
 * The base of a network plugin, and what happens around it: a request comes in as environment and stdin, is checked, reaches
 * one method, and its result goes out in the caller's version. How the request arrives (a process, a daemon, a call) is
 * the business of the folders beside this one.
 */
import { buffer } from 'node:stream/consumers';
import type { Readable, Writable } from 'node:stream';
import { InProcessExecutor } from './in-process-executor.js';
import { ProcessExecutor } from '../execute/process-executor.js';
import type { CniPlugin } from './cni-plugin.js';
import { handleRequest } from './handle-request.js';

/** Where a request comes from and its answer goes. */
export interface PluginProcess {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** @param code - what the process ends with. */
  exitCode?: NodeJS.Process['exitCode'];
}

/**
 * Serves one request as a process of its own: the whole program of a plugin that is started by the runtime. It costs a start
 * of Node per request, of 24 ms, and the time to load the program: 0.15 s with the packages as npm installs them. A `CniDaemon`
 * behind a shim costs 0.4 ms.
 *
 * @param others - plugins that it delegates to without a process of their own. Default: none.
 */
export async function cniMain(
  plugin: CniPlugin,
  target: PluginProcess = process,
  others: readonly CniPlugin[] = [],
): Promise<void> {
  const { env } = target;
  // VERSION comes without anything on stdin, and some callers leave it open.
  const needsInput = (env['CNI_COMMAND'] ?? '') !== '' && env['CNI_COMMAND'] !== 'VERSION';
  const stdin = needsInput ? (await buffer(target.stdin)).toString() : '';
  const output = await handleRequest(plugin, {
    environment: env,
    stdin,
    executor: new InProcessExecutor(others, new ProcessExecutor({ environment: env })),
  });
  target.stderr.write(output.stderr);
  target.stdout.write(output.stdout);
  target.exitCode = output.exitCode;
}
