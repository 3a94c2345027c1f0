import type { CommandHandler } from '@kubewright/core';
import type { PullOptions, pullOptions } from './options.js';
import { pullImage } from './pull-image.js';
import { requireWords, withClient } from './with-client.js';

export const pull: CommandHandler<typeof pullOptions> = (invocation) =>
  withClient(invocation, async (client) => {
    const [image] = requireWords(invocation.positionals, 'an image');
    const { io, options, signal } = invocation;
    const order = { image, ...pullOrder(options) };
    io.stdout.write(`${await pullImage(client, order, io.stderr, signal)}\n`);
  });

/** The part of an order that options say. */
export function pullOrder({ control, username, password }: PullOptions) {
  return { control, ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
}
