import { describe, expect, it } from 'vitest';
import { digestOf } from './digest.js';
import { largestManifest, parseConfig, parseManifest } from './manifest.js';

const digest = digestOf(Buffer.from(''));
const bytes = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const image = (more: object = {}) => ({
  schemaVersion: 2,
  config: { digest, size: 2, mediaType: 'application/vnd.oci.image.config.v1+json' },
  layers: [],
  ...more,
});
const index = (more: object = {}) => ({ schemaVersion: 2, manifests: [], ...more });
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

describe('parseManifest', () => {
  it.each<[string, object, string?]>([
    ['a manifest and an index at once', image({ manifests: [] })],
    ['a manifest and an index at once', index({ layers: [] })],
    ['and is not', image({ mediaType: indexType })],
    ['and is not', index({ mediaType: manifestType })],
    ['and is not', image(), indexType],
    ['and is not', index(), manifestType],
    ['no list', index({ manifests: {} })],
    [
      'an artifact of the type application/x.model',
      image({ config: { digest, size: 2, mediaType: 'application/x.model' } }),
    ],
    [
      'an artifact of the type text/x',
      image({ config: { digest, size: 2, mediaType: 'application/vnd.oci.empty.v1+json' }, artifactType: 'text/x' }),
    ],
    ['more than', image({ config: { digest, size: largestManifest + 1 } })],
    ['more than 1000 entries', image({ layers: Array.from({ length: 1001 }, () => ({ digest, size: 1 })) })],
    ['no sha256 digest', image({ layers: [{ digest: `sha512:${'0'.repeat(128)}`, size: 1 }] })],
    ['no size', image({ layers: [{ digest, size: 1e300 }] })],
  ])('refuses what has %s', (reason, value, served) => {
    expect(() => parseManifest(bytes(value), digest, served)).toThrow(reason);
  });

  it('takes what says its type and what does not', () => {
    expect(parseManifest(bytes(image({ mediaType: manifestType })), digest, manifestType)).toHaveProperty('layers', []);
    expect(parseManifest(bytes(image({ config: { digest, size: 2 } })), digest, 'text/plain')).toHaveProperty('layers');
    expect(parseManifest(bytes(index()), digest, indexType)).toEqual({ manifests: [] });
  });
});

describe('parseConfig', () => {
  const config = (value: object) => parseConfig(bytes({ rootfs: { diff_ids: [] }, config: value }), digest);

  it.each([
    { User: 0 },
    { Env: ['A=b', 1] },
    { Entrypoint: [null] },
    { Cmd: {} },
    { WorkingDir: [] },
    { StopSignal: 9 },
    { Volumes: ['/data'] },
    { Labels: 'x' },
  ])('refuses a field of the wrong kind rather than run without it: %o', (value) => {
    expect(() => config(value)).toThrow('of the wrong kind');
  });

  it('takes what is left out, and one text for a list of one', () => {
    expect(config({ Env: null, Cmd: '/app' }).process).toMatchObject({ environment: [], command: ['/app'], user: '' });
  });
});
