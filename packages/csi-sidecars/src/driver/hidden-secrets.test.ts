import { Code, GrpcStatusError } from '@kubewright/grpc';
import { describe, expect, it } from 'vitest';
import { withHiddenSecrets } from './hidden-secrets.js';

describe('a client whose errors end up in Events', () => {
  const service = withHiddenSecrets({
    call: (request: { readonly secrets: Readonly<Record<string, string>> }): Promise<string> => {
      const { password = '', user = '' } = request.secrets;
      if (user === 'right') return Promise.resolve('done');
      return Promise.reject(new GrpcStatusError(Code.UNAUTHENTICATED, `${user}:${password} was refused, ${password}`));
    },
  });

  it('does not repeat what a call was made with', async () => {
    const failed = service.call({ secrets: { password: 'hunter2', user: 'me' } });
    await expect(failed).rejects.toMatchObject({
      status: Code.UNAUTHENTICATED,
      text: 'me:[redacted] was refused, [redacted]',
    });
    const nested = service.call({ secrets: { password: 'hunter2-and-more', user: 'hunter2' } });
    await expect(nested).rejects.toThrow('[redacted]:[redacted] was refused');
  });

  it('leaves answers alone', async () => {
    expect(await service.call({ secrets: { user: 'right' } })).toBe('done');
  });
});
