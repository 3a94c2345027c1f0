import { describe, expect, it } from 'vitest';
import { cyclePods, footprint } from './cycles.js';
import { missingHere } from './programs.js';
import { Testbed } from './testbed.js';

describe.skipIf(missingHere().length > 0)('pods that come and go (needs root, crun, conmon)', () => {
  it('leave nothing on the machine and no files open', async () => {
    await using bed = await Testbed.open();
    await bed.daemon.start();
    await bed.daemon.client.images.pullImage({ image: { image: bed.image } });
    await cyclePods(bed, 4, 4);
    const before = await footprint(bed);
    await cyclePods(bed, 20, 4);
    const after = await footprint(bed);
    expect(after.remains).toEqual(before.remains);
    // Fewer are possible: what unpacked the image is gone after a while.
    expect(after.files).toBeLessThanOrEqual(before.files);
    expect(after.threads).toBeLessThanOrEqual(before.threads);
  });
});
