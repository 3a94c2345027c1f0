import type { CliHandler } from '@kubewright/core';
import type { PullOptions } from './commands.js';
import { pullImage } from './pull-image.js';
import { requireWords, withClient } from './with-client.js';

export const pull: CliHandler = (invocation) =>
  withClient(invocation, async (client) => {
    const [image] = requireWords(invocation.positionals, 'an image');
    const order = { image, ...pullOrder(invocation.options as PullOptions) };
    process.stdout.write(`${await pullImage(client, order, process.stderr, invocation.signal)}\n`);
  });

/** The part of an order that options say. */
export function pullOrder({ control, username, password }: PullOptions) {
  return { control, ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
}
