import type { CommandHandler } from '@kubewright/core';
import { joinCommand } from './command-stream.js';
import type { execOptions } from './options.js';
import { ownStreams } from './terminal.js';
import { findContainer, requireWords, withClient } from './with-client.js';

/** The command's exit code is that of `kubewright`. */
export const exec: CommandHandler<typeof execOptions> = (invocation) =>
  withClient(invocation, async (client) => {
    const { stdin, tty } = invocation.options;
    const [word, ...cmd] = requireWords(invocation.positionals, 'a container and a command', 2);
    const { id: containerId } = await findContainer(client, word);
    const { url } = await client.runtime.exec({ containerId, cmd, stdin, tty, stdout: true, stderr: !tty });
    using streams = ownStreams(invocation.io, { stdin, tty });
    return await joinCommand(url, streams, invocation.signal);
  });
