import type { CliHandler } from '@kubewright/core';
import { withClient } from './with-client.js';

export const pull: CliHandler = (invocation) =>
  withClient(invocation, async ({ images }) => {
    const [image = ''] = invocation.positionals;
    const { imageRef } = await images.pullImage({ image: { image } }, { signal: invocation.signal });
    process.stdout.write(`${imageRef}\n`);
  });
