import type { CliHandler } from '@kubewright/core';
import { findContainer, withClient } from './with-client.js';

/** The command's exit code is that of `kubewright`. */
export const exec: CliHandler = (invocation) =>
  withClient(invocation, async (client) => {
    const [word, ...cmd] = invocation.positionals;
    const { id: containerId } = await findContainer(client, word);
    const { stdout, stderr, exitCode } = await client.runtime.execSync(
      { containerId, cmd },
      { signal: invocation.signal },
    );
    process.stdout.write(stdout);
    process.stderr.write(stderr);
    return exitCode;
  });
