import { Pod } from '@kubewright/api/core/v1';
import { FakeClock, SeededRandom } from '@kubewright/core/testing';
import { describe, expect, it } from 'vitest';
import { Client } from '../client/client.js';
import { InformerFactory } from '../shared-informer/informer-factory.js';
import { FakeTransport } from '../testing/fake-transport.js';

describe('a list from which no watch can go on', () => {
  it.each(['', '0'])(
    'because its resourceVersion is %o is asked for again, and shows what was deleted',
    async (version) => {
      const names = new Set(['a', 'b']);
      const transport = new FakeTransport(({ path }) => {
        if (path.includes('watch=true')) return { status: 422, body: {} };
        const items = [...names].map((name) => ({ metadata: { name, namespace: 'n', uid: name } }));
        return { body: { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: version }, items } };
      });
      const clock = new FakeClock();
      const client = new Client({ transport, clock });
      const informer = new InformerFactory({ client, clock, random: new SeededRandom(1) }).informer(Pod);
      const handler = informer.addHandler(() => {});
      await clock.advance(10);
      names.delete('a');
      const watches = (): string[] =>
        transport.requests.map(({ path }) => path).filter((path) => path.includes('watch'));
      const before = watches().length;
      await clock.advance(120_000);
      expect(informer.lister.list().map(({ metadata }) => metadata.name)).toEqual(['b']);
      expect(watches()).toHaveLength(before);
      handler[Symbol.dispose]();
    },
  );
});
