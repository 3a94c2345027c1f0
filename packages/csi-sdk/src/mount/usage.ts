import { statfs } from 'node:fs/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { VolumeUsage_Unit as Unit } from '../generated/csi/v1/csi_pb.js';
import type { VolumeUsageSchema } from '../generated/csi/v1/csi_pb.js';

/** How full the file system at a path is, for `nodeGetVolumeStats`: bytes and inodes. */
export async function fileSystemUsage(path: string): Promise<MessageInitShape<typeof VolumeUsageSchema>[]> {
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(path, { bigint: true });
  return [
    { unit: Unit.BYTES, total: blocks * bsize, used: (blocks - bfree) * bsize, available: bavail * bsize },
    { unit: Unit.INODES, total: files, used: files - ffree, available: ffree },
  ];
}
