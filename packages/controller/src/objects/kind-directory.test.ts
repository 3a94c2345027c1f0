import { Client, InformerFactory } from '@kubewright/informer';
import { FakeTransport } from '@kubewright/informer/testing';
import { describe, expect, it } from 'vitest';
import { WatchedKinds } from './watched-kinds.js';
import { KindDirectory } from './kind-directory.js';

const groups = {
  items: [
    {
      metadata: { name: 'x.example.com' },
      versions: [
        {
          version: 'v1',
          resources: [{ resource: 'things', responseKind: { kind: 'Thing' }, scope: 'Namespaced', verbs: ['get'] }],
        },
      ],
    },
  ],
};

describe('KindDirectory', () => {
  it('lets the end of one run be the end of no other that asks at the same time', async () => {
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const client = new Client({
      transport: new FakeTransport(async ({ path }, signal) => {
        await Promise.race([answered, new Promise((resolve) => signal?.addEventListener('abort', resolve))]);
        return { body: path === '/apis' ? groups : { items: [] } };
      }),
    });
    const kinds = new KindDirectory(client, new WatchedKinds('tested', new InformerFactory({ client })));
    const [first, second] = [new AbortController(), new AbortController()];
    const version = { group: 'x.example.com', version: 'v1' };
    const finds = [first, second].map(({ signal }) => kinds.find(version, 'Thing', signal));
    first.abort(new Error('the first run took too long'));
    await expect(finds[0]).rejects.toThrow('the first run took too long');
    answer();
    expect(await finds[1]).toMatchObject({ plural: 'things' });
  });
});
