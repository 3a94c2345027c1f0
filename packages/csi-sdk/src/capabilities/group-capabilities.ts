import { GroupController, GroupControllerServiceCapability_RPC_Type as Type } from '../generated/csi/v1/csi_pb.js';
import { deriveCapabilities } from './derive.js';

const rules = [
  {
    capability: Type.CREATE_DELETE_GET_VOLUME_GROUP_SNAPSHOT,
    methods: ['createVolumeGroupSnapshot', 'deleteVolumeGroupSnapshot', 'getVolumeGroupSnapshot'],
  },
];

/** @throws HALF_CAPABILITY */
export function groupCapabilities(controller: object): readonly Type[] {
  return deriveCapabilities(GroupController, controller, rules);
}
