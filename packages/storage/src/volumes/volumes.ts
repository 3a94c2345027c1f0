/**
 * The volumes, snapshots and groups of one directory: what exists, how it comes to be and goes, each change safe
 * against a kill at any moment. The classes here know no gRPC messages; `driver` translates.
 */
import { alreadyExists, capacityFits, chooseCapacity } from '@kubewright/csi-sdk';
import type { AccessType } from '@kubewright/csi-sdk';
import type { CapacityRange } from '@kubewright/csi-sdk/v1';
import { Code, GrpcStatusError, invalidArgument } from '@kubewright/grpc';
import type { DataSource, VolumeRecord } from '../state/records.js';
import type { HostPathPool } from './host-path-pool.js';
import { checkMutable, modeOf } from './parameters.js';
import { readySnapshot, readyVolume } from './ready.js';
import { usesOf } from './uses.js';

const defaultBytes = 1n << 30n;

export interface VolumeRequest {
  readonly name: string;
  readonly access: AccessType;
  readonly capacity: CapacityRange | undefined;
  readonly mutable: Readonly<Record<string, string>>;
  readonly source?: DataSource | undefined;
  /** Given for volumes whose id the caller chooses. */
  readonly ephemeralId?: string;
}

/** What of the pool no volume has been promised. */
export function freeBytes(pool: HostPathPool): bigint {
  const used = pool.volumes.all().reduce((sum, { bytes }) => sum + bytes, 0n);
  return used > pool.poolBytes ? 0n : pool.poolBytes - used;
}

/** Makes a volume, or finds the one of this name. An attempt that a crash or an error left is begun anew. */
export async function createVolume(pool: HostPathPool, request: VolumeRequest): Promise<VolumeRecord> {
  checkMutable(request.mutable, request.access);
  const existing = pool.volumes.named(request.name);
  if (existing?.phase === 'ready') return compatible(existing, request);
  if (existing?.phase === 'deleting') {
    throw new GrpcStatusError(Code.ABORTED, `volume '${request.name}' is being deleted: try again`);
  }
  if (request.source === undefined) return build(pool, request, undefined, existing);
  const source =
    request.source.kind === 'volume' ? readyVolume(pool, request.source.id) : readySnapshot(pool, request.source.id);
  const data = request.source.kind === 'volume' ? pool.volumeData : pool.snapshotData;
  const from = { path: data.path(source), bytes: source.bytes, access: source.access };
  return pool.locks.run(`${request.source.kind}/${source.id}`, () => build(pool, request, from, existing));
}

interface Origin {
  readonly path: string;
  readonly bytes: bigint;
  readonly access: AccessType;
}

async function build(
  pool: HostPathPool,
  request: VolumeRequest,
  from: Origin | undefined,
  earlier: VolumeRecord | undefined,
): Promise<VolumeRecord> {
  const intent = await pool.capacity.run('pool', () => recordIntent(pool, request, from, earlier));
  pool.faults.reach('create-volume:intent');
  try {
    if (from === undefined) await pool.volumeData.create(intent, intent.bytes);
    else await pool.volumeData.copy(from.path, intent, intent.bytes);
    const mode = modeOf(intent.mutable);
    if (mode !== undefined) await pool.volumeData.setMode(intent, mode);
  } catch (error) {
    await dropVolume(pool, intent);
    throw error;
  }
  pool.faults.reach('create-volume:data');
  const ready: VolumeRecord = { ...intent, phase: 'ready' };
  await pool.volumes.put(ready);
  pool.faults.reach('create-volume:commit');
  return ready;
}

/** From here on the size counts as taken. */
async function recordIntent(
  pool: HostPathPool,
  request: VolumeRequest,
  from: Origin | undefined,
  earlier: VolumeRecord | undefined,
): Promise<VolumeRecord> {
  const { name, access, mutable, source, ephemeralId } = request;
  const intent: VolumeRecord = {
    id: earlier?.id ?? ephemeralId ?? pool.random.uuid(),
    name,
    number: pool.volumes.nextNumber(),
    phase: 'creating',
    access,
    bytes: sizeFor(pool, request, from),
    mutable,
    attachments: {},
    ephemeral: ephemeralId !== undefined,
    ...(source && { source }),
  };
  await pool.volumes.put(intent);
  return intent;
}

function sizeFor(pool: HostPathPool, { access, capacity }: VolumeRequest, from: Origin | undefined): bigint {
  if (from !== undefined && from.access !== access) {
    throw invalidArgument({
      field: 'volume_capabilities',
      reason: `asks for ${access} and the source is ${from.access}`,
    });
  }
  const bytes = chooseCapacity(capacity, { default: from?.bytes ?? defaultBytes, maximum: pool.maxVolumeBytes });
  if (from !== undefined && bytes < from.bytes) {
    throw new GrpcStatusError(Code.OUT_OF_RANGE, `${bytes} bytes do not hold the source's ${from.bytes}`);
  }
  if (bytes > freeBytes(pool)) {
    throw new GrpcStatusError(
      Code.RESOURCE_EXHAUSTED,
      `${bytes} bytes are more than the ${freeBytes(pool)} that are free`,
    );
  }
  return bytes;
}

/** @throws GrpcStatusError ALREADY_EXISTS */
function compatible(
  existing: VolumeRecord,
  { name, access, capacity, source, ephemeralId }: VolumeRequest,
): VolumeRecord {
  if (ephemeralId !== undefined && existing.id !== ephemeralId) throw alreadyExists('volume', name, 'is another one');
  if (ephemeralId === undefined && existing.ephemeral) throw alreadyExists('volume', name, 'belongs to a pod');
  if (!capacityFits(capacity, existing.bytes)) throw alreadyExists('volume', name, `has ${existing.bytes} bytes`);
  if (existing.access !== access) throw alreadyExists('volume', name, `is for ${existing.access}`);
  if (existing.source?.kind !== source?.kind || existing.source?.id !== source?.id) {
    throw alreadyExists('volume', name, 'has another source');
  }
  return existing;
}

/**
 * Deletes a volume that nobody uses; one that is gone already is no error. @throws GrpcStatusError FAILED_PRECONDITION
 */
export async function deleteVolume(pool: HostPathPool, id: string): Promise<void> {
  await pool.locks.run(`volume/${id}`, async () => {
    const volume = pool.volumes.get(id);
    if (volume === undefined) return;
    if (volume.phase === 'ready') await refuseUsed(pool, volume);
    await pool.reserve.use(() => pool.volumes.put({ ...volume, phase: 'deleting' }));
    pool.faults.reach('delete-volume:intent');
    await pool.volumeData.remove(volume);
    pool.faults.reach('delete-volume:data');
    await pool.volumes.remove(volume);
    pool.faults.reach('delete-volume:commit');
  });
}

async function refuseUsed(pool: HostPathPool, volume: VolumeRecord): Promise<void> {
  const nodes = Object.keys(volume.attachments);
  const { device, mounts, inside } = await usesOf(pool, volume);
  // Also what is mounted inside: deleting the directory would go through to it.
  const mounted = [...mounts, ...inside].map(({ mountPoint }) => mountPoint);
  const places = [...nodes, ...(device === undefined ? [] : [device]), ...mounted];
  if (places.length === 0) return;
  throw new GrpcStatusError(Code.FAILED_PRECONDITION, `volume '${volume.id}' is in use: ${places.join(', ')}`);
}

/** Undoes a volume that never was ready, or finishes the deletion of one. */
export async function dropVolume(pool: HostPathPool, volume: VolumeRecord): Promise<void> {
  await pool.volumeData.remove(volume);
  await pool.volumes.remove(volume);
}

/** Makes a volume larger; one that is large enough stays. */
export async function expandVolume(
  pool: HostPathPool,
  id: string,
  range: CapacityRange | undefined,
): Promise<VolumeRecord> {
  const grow = async (): Promise<VolumeRecord> => {
    const volume = readyVolume(pool, id);
    const bytes = chooseCapacity(range, { default: volume.bytes, maximum: pool.maxVolumeBytes });
    if (bytes <= volume.bytes) return volume;
    if (bytes - volume.bytes > freeBytes(pool)) {
      throw new GrpcStatusError(Code.OUT_OF_RANGE, `${bytes} bytes are more than the pool has free`);
    }
    // Growing twice is harmless, so this needs no intent: a caller that got no answer asks again.
    await pool.volumeData.resize(volume, bytes);
    pool.faults.reach('expand-volume:data');
    const grown = { ...volume, bytes };
    await pool.volumes.put(grown);
    pool.faults.reach('expand-volume:commit');
    return grown;
  };
  return pool.locks.run(`volume/${id}`, () => pool.capacity.run('pool', grow));
}

/** Changes parameters, all of them or none. */
export async function modifyVolume(
  pool: HostPathPool,
  id: string,
  parameters: Readonly<Record<string, string>>,
): Promise<void> {
  await pool.locks.run(`volume/${id}`, async () => {
    const volume = readyVolume(pool, id);
    checkMutable(parameters, volume.access);
    const mode = modeOf(parameters);
    if (mode !== undefined) await pool.volumeData.setMode(volume, mode);
    pool.faults.reach('modify-volume:data');
    await pool.volumes.put({ ...volume, mutable: { ...volume.mutable, ...parameters } });
    pool.faults.reach('modify-volume:commit');
  });
}
