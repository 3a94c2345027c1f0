import { alreadyExists, notFound } from '@kubewright/csi-sdk';
import { Code, GrpcStatusError } from '@kubewright/grpc';
import type { HostPathPool } from './host-path-pool.js';
import { readyVolume } from './ready.js';

/** Attaches a volume to a node; once is enough. */
export async function attachVolume(pool: HostPathPool, id: string, nodeId: string, readOnly: boolean): Promise<void> {
  const attach = async (): Promise<void> => {
    const volume = readyVolume(pool, id);
    if (nodeId !== pool.options.nodeId) throw notFound('node', nodeId);
    const attached = volume.attachments[nodeId];
    if (attached?.readOnly === readOnly) return;
    if (attached !== undefined) {
      throw alreadyExists('attachment of volume', id, attached.readOnly ? 'is read-only' : 'is writable');
    }
    refuseFullNode(pool, nodeId);
    await pool.volumes.put({ ...volume, attachments: { ...volume.attachments, [nodeId]: { readOnly } } });
    pool.faults.reach('attach:commit');
  };
  await pool.locks.run(`volume/${id}`, () => pool.capacity.run('pool', attach));
}

/** @param nodeId - empty for all nodes. */
export async function detachVolume(pool: HostPathPool, id: string, nodeId: string): Promise<void> {
  await pool.locks.run(`volume/${id}`, async () => {
    const volume = pool.volumes.get(id);
    if (volume?.phase !== 'ready') return;
    const kept = Object.entries(volume.attachments).filter(([node]) => nodeId !== '' && node !== nodeId);
    if (kept.length === Object.keys(volume.attachments).length) return;
    await pool.reserve.use(() => pool.volumes.put({ ...volume, attachments: Object.fromEntries(kept) }));
    pool.faults.reach('detach:commit');
  });
}

function refuseFullNode(pool: HostPathPool, nodeId: string): void {
  const limit = pool.options.maxVolumesPerNode ?? 0;
  const attached = pool.volumes.all().filter(({ attachments }) => nodeId in attachments).length;
  if (limit === 0 || attached < limit) return;
  throw new GrpcStatusError(Code.RESOURCE_EXHAUSTED, `node '${nodeId}' has ${attached} volumes, which is its limit`);
}
