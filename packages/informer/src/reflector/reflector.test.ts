import { Pod } from '@kubewright/api/core/v1';
import { describe, it } from 'vitest';
import { Client } from '../client/client.js';
import { InformerFactory } from '../shared-informer/informer-factory.js';
import { describeReflectorContract } from '../testing/reflector-contract.js';
import type { ObservedInformer, ObservedInformerOptions } from '../testing/observed-informer.js';

function start({ transport, clock, random }: ObservedInformerOptions): ObservedInformer {
  const informer = new InformerFactory({ client: new Client({ transport, clock }), clock, random }).informer(Pod);
  const told: ObservedInformer['told'][number][] = [];
  const registration = informer.addHandler(({ type, key, object: { metadata } }) => {
    told.push({ type, key, uid: metadata.uid ?? '', resourceVersion: metadata.resourceVersion ?? '' });
  });
  return {
    told,
    get hasSynced() {
      return registration.hasSynced;
    },
    snapshot: () =>
      Object.fromEntries(
        informer.lister
          .list()
          .map(({ metadata }) => [`${metadata.namespace}/${metadata.name}`, metadata.resourceVersion ?? '']),
      ),
    async stop() {
      registration.remove();
      await informer.stopped();
    },
  };
}

describeReflectorContract({ describe, it }, start);
