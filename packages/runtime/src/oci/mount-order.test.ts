import { describe, expect, it } from 'vitest';
import { mountOrder } from './mount-order.js';
import type { OciMount } from './spec.js';

const mount = (destination: string, source = destination): OciMount => ({
  destination,
  type: 'bind',
  source,
  options: [],
});
const placesOf = (own: readonly string[], files: readonly string[] = [], standard: readonly string[] = []) =>
  mountOrder({
    standard: standard.map((place) => mount(place)),
    files: files.map((place) => mount(place)),
    own: own.map((place) => mount(place)),
  }).map(({ destination }) => destination);

describe('mountOrder', () => {
  it('mounts what is deeper later, and else in the order of the pod', () => {
    expect(placesOf(['/data/sub', '/b/c', '/data', '/b', '/a/b/c'])).toEqual([
      '/data',
      '/b',
      '/data/sub',
      '/b/c',
      '/a/b/c',
    ]);
  });

  it('mounts the files of the pod over a volume that has their directory', () => {
    expect(placesOf(['/etc'], ['/etc/hosts', '/dev/shm'])).toEqual(['/etc', '/etc/hosts', '/dev/shm']);
    expect(placesOf(['/etc/hosts'], ['/etc/hosts'])).toEqual(['/etc/hosts']);
  });

  it('knows a place however it is written', () => {
    expect(placesOf(['/data/sub/', '//data/./', '/etc/x/../hosts', 'relative'], ['/etc/hosts'])).toEqual([
      '/data',
      '/relative',
      '/data/sub',
      '/etc/hosts',
    ]);
    expect(placesOf(['/../../etc'], ['/etc/hosts'])).toEqual(['/etc', '/etc/hosts']);
  });

  it('leaves out standard mounts at or below a place of the pod, and no others', () => {
    const standard = ['/proc', '/dev', '/dev/pts', '/sys', '/sys/fs/cgroup'];
    expect(placesOf(['/dev/'], ['/dev/shm'], standard)).toEqual([
      '/proc',
      '/sys',
      '/dev',
      '/dev/shm',
      '/sys/fs/cgroup',
    ]);
    expect(placesOf(['/sys'], [], standard)).toEqual(['/proc', '/dev', '/sys', '/dev/pts']);
    expect(placesOf(['/dev/ptsx'], [], ['/dev/pts'])).toEqual(['/dev/pts', '/dev/ptsx']);
  });

  it('lets the last of two at one place be seen', () => {
    const own = [mount('/data', 'first'), mount('/data/', 'last')];
    expect(mountOrder({ standard: [], files: [], own }).map(({ source }) => source)).toEqual(['first', 'last']);
  });
});
