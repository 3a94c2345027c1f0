import assert from 'node:assert/strict';
import { assertFails } from './fixture.js';
import type { RuntimeCheck } from './fixture.js';

export function describeImageRules(check: RuntimeCheck): void {
  check(
    'pulls an image, twice with the same result, and shows it by name and id',
    async ({ client: { images }, image }) => {
      const { imageRef } = await images.pullImage({ image: { image } });
      assert.equal((await images.pullImage({ image: { image } })).imageRef, imageRef);
      for (const name of [image, imageRef]) {
        const { image: found } = await images.imageStatus({ image: { image: name } });
        assert.equal(found?.id, imageRef);
        assert.ok(found.size > 0n);
        assert.ok(found.repoTags.includes(image), `${found.repoTags.join()} lacks ${image}`);
      }
    },
  );
  check('lists images, all or by name, and streams the same list', async ({ client: { images }, image }) => {
    const { imageRef } = await images.pullImage({ image: { image } });
    const all = (await images.listImages({})).images.map(({ id }) => id);
    assert.ok(all.includes(imageRef));
    assert.equal(new Set(all).size, all.length);
    const named = await images.listImages({ filter: { image: { image } } });
    assert.deepEqual(
      named.images.map(({ id }) => id),
      [imageRef],
    );
    const streamed: string[] = [];
    for await (const batch of images.streamImages({})) {
      assert.ok(batch.images.length > 0);
      streamed.push(...batch.images.map(({ id }) => id));
    }
    assert.deepEqual(streamed.sort(), all.sort());
  });
  check('answers without an image where there is none', async ({ client: { images }, missingImage }) => {
    assert.equal((await images.imageStatus({ image: { image: missingImage } })).image, undefined);
    assert.deepEqual((await images.listImages({ filter: { image: { image: missingImage } } })).images, []);
    await assertFails(images.pullImage({ image: { image: missingImage } }));
  });
  check('removes an image by its name, and again', async ({ client: { images }, image }) => {
    await images.pullImage({ image: { image } });
    await images.removeImage({ image: { image } });
    assert.equal((await images.imageStatus({ image: { image } })).image, undefined);
    await images.removeImage({ image: { image } });
  });
  check('says where images and containers are kept', async ({ client: { images } }) => {
    const { imageFilesystems } = await images.imageFsInfo({});
    const [first] = imageFilesystems;
    assert.ok(first !== undefined && first.timestamp > 0n);
    assert.match(first.fsId?.mountpoint ?? '', /^\//);
    assert.notEqual(first.usedBytes, undefined);
  });
}
