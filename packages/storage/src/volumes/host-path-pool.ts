import { realpath, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Logger, Random } from '@kubewright/core';
import { KeyedLock } from '@kubewright/core/async';
import { LinuxMounter, SystemCommands } from '@kubewright/csi-sdk';
import type { Mounter } from '@kubewright/csi-sdk';
import { InFlightLocks } from '@kubewright/grpc';
import { DataFiles } from '../data/data-files.js';
import { SystemLoopDevices } from '../data/loop-devices.js';
import type { LoopDevices } from '../data/loop-devices.js';
import type { HostPathOptions } from '../options.js';
import { noFaults } from '../state/fault-points.js';
import type { FaultPoints } from '../state/fault-points.js';
import { RecordFiles } from '../state/record-files.js';
import { Reserve } from '../state/reserve.js';
import type { GroupRecord, SnapshotRecord, VolumeRecord } from '../state/records.js';

const defaultMaxVolume = 16n << 40n;
/** Files are sized by doubles, which count exactly up to here. */
const largestFile = BigInt(Number.MAX_SAFE_INTEGER);

export interface PoolServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What the parts of the driver share. */
export interface HostPathPool extends PoolServices {
  readonly options: HostPathOptions;
  readonly volumes: RecordFiles<VolumeRecord>;
  readonly snapshots: RecordFiles<SnapshotRecord>;
  readonly groups: RecordFiles<GroupRecord>;
  /** For records of what is let go. */
  readonly reserve: Reserve;
  readonly volumeData: DataFiles;
  readonly snapshotData: DataFiles;
  readonly mounter: Mounter;
  readonly loopDevices: LoopDevices;
  readonly faults: FaultPoints;
  /** One operation per volume, over all services. */
  readonly locks: InFlightLocks;
  /** Where the sum of all volumes decides: how much is free, how many are attached. */
  readonly capacity: KeyedLock;
  readonly poolBytes: bigint;
  readonly maxVolumeBytes: bigint;
}

/**
 * Opens a directory that exists. What a crash left half done is still half done; `recover` sees to it. @throws
 * RECORD_UNREADABLE
 */
export async function openPool(options: HostPathOptions, services: PoolServices): Promise<HostPathPool> {
  const root = await realpath(options.root);
  const commands = new SystemCommands(services.clock);
  const { blocks, bsize } = await statfs(root, { bigint: true });
  const { maxVolumeBytes: largest = defaultMaxVolume } = options;
  const volumeData = new DataFiles(join(root, 'volumes'), commands);
  const snapshotData = new DataFiles(join(root, 'snapshots'), commands);
  await volumeData.open();
  await snapshotData.open();
  return {
    ...services,
    options,
    volumes: await RecordFiles.open(join(root, 'state', 'volumes'), services),
    snapshots: await RecordFiles.open(join(root, 'state', 'snapshots'), services),
    groups: await RecordFiles.open(join(root, 'state', 'groups'), services),
    reserve: await Reserve.open(join(root, 'state', 'reserve')),
    volumeData,
    snapshotData,
    mounter: options.mounter ?? new LinuxMounter(),
    loopDevices: options.loopDevices ?? new SystemLoopDevices(commands),
    faults: options.faults ?? noFaults,
    locks: new InFlightLocks(),
    capacity: new KeyedLock(),
    poolBytes: options.poolBytes ?? blocks * bsize,
    maxVolumeBytes: largest > largestFile ? largestFile : largest,
  };
}
