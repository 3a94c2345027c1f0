import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Host, SystemClock, noMetrics, silentLogger } from '@kubewright/core';
import { Code, createClient } from '@kubewright/grpc';
import { describeGrpcServerContract } from '@kubewright/grpc/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCsiClient } from '../client/csi-client.js';
import {
  Identity,
  NodeServiceCapability_RPC_Type as NodeCan,
  PluginCapability_Service_Type as Service,
} from '../generated/csi/v1/csi_pb.js';
import { Registration } from '@kubewright/grpc/registration';
import { NodeService } from '../services/node-service.js';
import { SnapshotMetadataService } from '../services/snapshot-metadata-service.js';
import { FakeDriver } from '../testing/fake-driver.js';
import { startDriver } from '../testing/start-driver.js';
import { CsiDriver } from './csi-driver.js';

const services = [new SystemClock(), silentLogger, noMetrics] as const;

class PublishOnly extends NodeService {
  override nodePublishVolume = () => Promise.resolve({});
  override nodeUnpublishVolume = () => Promise.resolve({});
  override nodeGetInfo = () => Promise.resolve({ nodeId: 'here' });
}

class NodeDriver extends CsiDriver {
  readonly name: string = 'node.example.com';
  readonly version = '1';
  override readonly node = new PublishOnly();
}

class TwoBlocks extends SnapshotMetadataService {
  override async *getMetadataAllocated() {
    yield { blockMetadata: [{ byteOffset: 0n, sizeBytes: 4096n }] };
    yield { blockMetadata: [{ byteOffset: 4096n, sizeBytes: 4096n }] };
  }

  override async *getMetadataDelta() {
    yield {};
  }
}

class MetadataDriver extends CsiDriver {
  readonly name = 'metadata.example.com';
  readonly version = '1';
  override readonly snapshotMetadata = new TwoBlocks();
}

describeGrpcServerContract(
  { describe, it },
  {
    service: Identity,
    serve: (path) => {
      const driver = new NodeDriver(...services);
      return { start: () => driver.serve(path), stop: () => driver.stop() };
    },
  },
);

describe('CsiDriver', () => {
  let directory = '';
  beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'kw-driver-'))));
  afterEach(() => rm(directory, { recursive: true }));

  it('runs as a plugin of a host, and registers with the kubelet', async () => {
    const endpoint = join(directory, 'csi.sock');
    class Registered extends NodeDriver {
      override readonly settings = { endpoint, registration: { endpoint: '/host/csi.sock', directory } };
    }
    const host = new Host().use(Registered);
    await host.start();
    try {
      using client = createCsiClient({ address: endpoint, clock: services[0] });
      expect((await client.identity.getPluginInfo({})).name).toBe('node.example.com');
      const address = join(directory, 'node.example.com-reg.sock');
      using kubelet = createClient(Registration, { address, clock: services[0] });
      const { type, name, endpoint: told, supportedVersions } = await kubelet.getInfo({});
      expect([type, name, told, supportedVersions]).toEqual([
        'CSIPlugin',
        'node.example.com',
        '/host/csi.sock',
        ['1.0.0'],
      ]);
      await kubelet.notifyRegistrationStatus({ pluginRegistered: true });
    } finally {
      await host.stop();
    }
  });

  it.skipIf(process.getuid?.() !== 0)('lets no other user connect', async () => {
    await chmod(directory, 0o755);
    const path = join(directory, 'csi.sock');
    const driver = new NodeDriver(...services);
    await driver.serve(path);
    // It becomes another user by itself: that user may not be able to reach the executable.
    const script = `process.setgroups([]); process.setgid(65534); process.setuid(65534);
      require('net').connect(${JSON.stringify(path)}).on('error', (e) => console.log(e.code)).on('connect', () => process.exit(1))`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
    expect(stdout.trim()).toBe('EACCES');
    await driver.stop();
  });

  it('streams the blocks of a snapshot', async () => {
    await using started = await startDriver((...given) => new MetadataDriver(...given));
    const { capabilities } = await started.client.identity.getPluginCapabilities({});
    expect(capabilities.map(({ type }) => type.value?.type)).toEqual([Service.SNAPSHOT_METADATA_SERVICE]);
    const blocks: bigint[] = [];
    for await (const { blockMetadata } of started.client.snapshotMetadata.getMetadataAllocated({ snapshotId: 's' })) {
      blocks.push(...blockMetadata.map(({ byteOffset }) => byteOffset));
    }
    expect(blocks).toEqual([0n, 4096n]);
    const wrong = started.client.snapshotMetadata.getMetadataAllocated({ snapshotId: 's', startingOffset: -1n });
    await expect(wrong[Symbol.asyncIterator]().next()).rejects.toMatchObject({ status: Code.INVALID_ARGUMENT });
  });

  it('refuses a name that Kubernetes would refuse', async () => {
    class Misnamed extends NodeDriver {
      override readonly name = '-x';
    }
    await expect(new Misnamed(...services).serve(join(directory, 's'))).rejects.toThrow("'-x' is no name");
  });

  it('refuses half a capability before it serves', async () => {
    class Half extends NodeDriver {
      override readonly node = Object.assign(new PublishOnly(), { nodeStageVolume: () => Promise.resolve({}) });
    }
    await expect(new Half(...services).serve(join(directory, 's'))).rejects.toThrow('without nodeUnstageVolume');
  });

  it('advertises what it implements, and answers UNIMPLEMENTED to the rest', async () => {
    await using started = await startDriver((...given) => new NodeDriver(...given));
    expect((await started.client.node.nodeGetCapabilities({})).capabilities).toEqual([]);
    await expect(started.client.node.nodeStageVolume({})).rejects.toMatchObject({ status: Code.UNIMPLEMENTED });
    await using memory = await startDriver((...given) => new FakeDriver(...given));
    const { capabilities } = await memory.client.node.nodeGetCapabilities({});
    expect(capabilities.map(({ type }) => type.value?.type)).toEqual([
      NodeCan.STAGE_UNSTAGE_VOLUME,
      NodeCan.GET_VOLUME_STATS,
    ]);
  });
});
