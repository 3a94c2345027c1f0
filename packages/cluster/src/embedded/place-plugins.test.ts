import { AdmissionPlugin, Storage } from '@kubewright/apiserver';
import { Plugin, contribute, extensionPoint, provide, token } from '@kubewright/core';
import type { PluginDefinition } from '@kubewright/core';
import { describe, expect, it } from 'vitest';
import { placePlugins } from './place-plugins.js';

@Plugin({ name: 'policy', contributes: [AdmissionPlugin] })
class Policy implements AdmissionPlugin {
  readonly name = 'Policy';
}
@Plugin({ name: 'database', contributes: [Storage] })
class Database {}
@Plugin({ name: 'controller' })
class Controller {}

const early: PluginDefinition = { name: 'early', stage: 'foundation' };
const service: PluginDefinition = { name: 'service', provides: [provide(token('t'), { value: 1 })] };
const filters = extensionPoint('Filters');
const filter: PluginDefinition = { name: 'filter', contributes: [contribute(filters, { value: 1 })] };

describe('placePlugins', () => {
  it('puts what extends the server beside it, and the rest beside the controllers', () => {
    expect(placePlugins([Policy, [Database, Controller], early, service, filter])).toEqual({
      server: [Policy, Database, early],
      controlPlane: [Controller, service, filter],
    });
  });

  it('splits what a package demands', () => {
    expect(placePlugins({ name: 'package a', requiresConsumersOf: [AdmissionPlugin, filters] })).toEqual({
      server: [{ name: 'package a (server)', requiresConsumersOf: [AdmissionPlugin] }],
      controlPlane: [{ name: 'package a', requiresConsumersOf: [filters] }],
    });
    expect(placePlugins({ name: 'package b', requiresConsumersOf: [AdmissionPlugin] }).controlPlane).toEqual([]);
  });
});
