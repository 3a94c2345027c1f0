import { existsSync, writeFileSync } from 'node:fs';
import { privileged } from '@kubewright/linux/testing';
import { defaultNetwork } from '@kubewright/network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InstalledMachine } from './installed-machine.js';

const programs = ['/usr/bin/containerd', '/usr/bin/ctr', '/usr/sbin/runc', '/usr/bin/ip'];
const able = privileged() && programs.every((program) => existsSync(program));

/**
 * `ctr run --cni` looks for plugins and networks in fixed places. In a mount namespace of their own, ours stand there: the real
 * `/opt`, `/run`, `/etc` and `/var/lib` are neither seen nor changed. All values arrive as words, none as code.
 */
const script = `
set -eu
directory=$1
shift
mount --make-rprivate /
for place in etc var/lib; do
  mkdir -p "$directory/overlay/$place" "$directory/work/$place"
  mount -t overlay -o "lowerdir=/$place,upperdir=$directory/overlay/$place,workdir=$directory/work/$place" overlay "/$place"
done
mount -t tmpfs tmpfs /opt
mount -t tmpfs tmpfs /run
mkdir -p /opt/cni/bin /etc/cni/net.d
mount --bind "$directory/bin" /opt/cni/bin
mount --bind "$directory/net.d" /etc/cni/net.d
containerd --config "$directory/config.toml" --log-level error &
daemon=$!
trap 'kill $daemon; wait $daemon || true' EXIT
for _ in $(seq 200); do if [ -S "$directory/containerd.sock" ]; then break; fi; sleep 0.05; done
run() { ctr --address "$directory/containerd.sock" "$@"; }
run run --rm --cni --rootfs --mount type=bind,src=/usr,dst=/usr,options=rbind:ro "$directory/root" one "$@"
`;

describe.skipIf(!able)(`containerd's ctr run --cni (needs root, ${programs.join(', ')})`, () => {
  let machine: InstalledMachine;
  beforeAll(async () => {
    machine = await InstalledMachine.install(defaultNetwork(['10.71.0.0/24', 'fd71::/64']));
    machine.makeRoot();
    const config = `version = 2
root = "${machine.path('containerd')}"
state = "${machine.path('containerd-state')}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${machine.path('containerd.sock')}"
`;
    writeFileSync(machine.path('config.toml'), config);
  });
  afterAll(() => machine[Symbol.asyncDispose]());

  it('connects a container, which sees its gateway, and releases it', async () => {
    const inside = 'ip -o address show dev eth0; ip route; ip -6 route; exec 3<>/dev/tcp/10.71.0.1/1';
    const words = ['/usr/bin/env', 'PATH=/usr/bin:/usr/sbin', 'bash', '-c', inside];
    const { stdout, stderr } = await machine.run([
      'unshare',
      '--mount',
      'bash',
      '-c',
      script,
      'ctr',
      machine.directory,
      ...words,
    ]);
    expect(stdout, stderr).toContain('10.71.0.2/24');
    expect(stdout).toContain('fd71::2/64');
    expect(stdout).toContain('default via 10.71.0.1 dev eth0');
    expect(stdout).toContain('default via fd71::1 dev eth0');
    // Nobody listens there: that the machine says so proves that packets go both ways.
    expect(stderr).toContain('Connection refused');
    expect(machine.given()).toEqual([]);
    expect(await machine.tables.links({ kind: 'veth' })).toEqual([]);
  });
});
