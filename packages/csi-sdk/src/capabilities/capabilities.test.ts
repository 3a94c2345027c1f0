import { describe, expect, it } from 'vitest';
import {
  ControllerServiceCapability_RPC_Type as Can,
  NodeServiceCapability_RPC_Type as NodeCan,
} from '../generated/csi/v1/csi_pb.js';
import { controllerCapabilities } from './controller-capabilities.js';
import { groupCapabilities } from './group-capabilities.js';
import { nodeCapabilities } from './node-capabilities.js';
import { pluginCapabilities } from './plugin-capabilities.js';

const method = (): Promise<object> => Promise.resolve({});

describe('capabilities', () => {
  it('follow from the methods that are there', () => {
    const controller = { createVolume: method, deleteVolume: method, getCapacity: method };
    expect(controllerCapabilities(controller, {})).toEqual([Can.CREATE_DELETE_VOLUME, Can.GET_CAPACITY]);
    expect(nodeCapabilities({ nodeGetVolumeStats: method }, {})).toEqual([NodeCan.GET_VOLUME_STATS]);
    expect(groupCapabilities({})).toEqual([]);
  });

  it('refuse half of what belongs together', () => {
    expect(() => controllerCapabilities({ createVolume: method }, {})).toThrow('createVolume without deleteVolume');
    expect(() => nodeCapabilities({ nodeUnstageVolume: method }, {})).toThrow(
      'nodeUnstageVolume without nodeStageVolume',
    );
  });

  it('are claimed by hand only where a method stands behind the claim', () => {
    const controller = { createVolume: method, deleteVolume: method };
    expect(controllerCapabilities(controller, { cloneVolume: true })).toContain(Can.CLONE_VOLUME);
    expect(() => controllerCapabilities(controller, { publishReadOnly: true })).toThrow('controllerPublishVolume');
  });

  it('of the plugin name its services, its topology and how volumes grow', () => {
    const cases = (parts: Parameters<typeof pluginCapabilities>[0], features = {}): unknown[] =>
      pluginCapabilities(parts, features).map(({ type }) => [type?.case, type?.value]);
    expect(cases({ node: {} })).toEqual([]);
    expect(cases({ controller: { controllerExpandVolume: method } }, { topology: true, expansion: 'offline' })).toEqual(
      [
        ['service', { type: 1 }],
        ['service', { type: 2 }],
        ['volumeExpansion', { type: 2 }],
      ],
    );
  });
});
