/**
 * What lies around a machine whose pods' connections are judged: a world outside that has no route to the pods, and servers
 * that say whom they take the caller for.
 */
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { addAddress, newLink, Rtnetlink, setLink } from '@kubewright/linux';
import type { NetworkNamespace } from '@kubewright/linux';
import type { TemporaryNamespace } from '@kubewright/linux/testing';
import type { TestMachine } from './test-machine.js';

/** The addresses of one family. */
export interface Family {
  readonly machine: string;
  readonly world: string;
  readonly length: number;
  readonly subnet: string;
  readonly gateway: string;
  /** Of the first two pods. */
  readonly one: string;
  readonly two: string;
  readonly everything: string;
  /** Where the machine finds itself; a packet from the loopback address of IPv6 does not leave by another link. */
  readonly loopback?: string;
}

export const v4: Family = {
  machine: '192.0.2.1',
  world: '192.0.2.2',
  length: 24,
  subnet: '10.62.0.0/24',
  gateway: '10.62.0.1',
  one: '10.62.0.2',
  two: '10.62.0.3',
  everything: '0.0.0.0/0',
  loopback: '127.0.0.1',
};
export const v6: Family = {
  machine: '2001:db8::1',
  world: '2001:db8::2',
  length: 64,
  subnet: 'fd62::/64',
  gateway: 'fd62::1',
  one: 'fd62::2',
  two: 'fd62::3',
  everything: '::/0',
};

/** Puts a world beside the machine: answers of it reach pods only if the machine put its own address in. */
export async function connectWorld(
  machine: TestMachine,
  world: TemporaryNamespace,
  families: readonly Family[],
): Promise<void> {
  const peer = { name: 'eth0', index: 2, namespaceDescriptor: world.namespace.descriptor };
  await machine.tables.run(
    setLink('lo', { up: true }),
    newLink({ kind: 'veth', name: 'up0', index: 900, peer }),
    setLink(900, { up: true }),
  );
  await using far = Rtnetlink.open(world);
  await far.run(setLink(2, { up: true }));
  for (const { machine: near, world: there, length } of families) {
    const noDuplicateDetection = length === v6.length;
    await machine.tables.run(addAddress({ link: 900, address: `${near}/${length}`, noDuplicateDetection }));
    await far.run(addAddress({ link: 2, address: `${there}/${length}`, noDuplicateDetection }));
  }
}

/** A server inside a namespace that answers with the address it is called from. */
export async function serve(namespace: NetworkNamespace, port: number): Promise<Server> {
  const server = createServer((socket) => socket.end(String(socket.remoteAddress).replace('::ffff:', '')));
  // Without a name to look up, binding happens inside the call.
  namespace.run(() => void server.listen(port));
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  return server;
}

/** Who a server at `host` takes the caller for; empty where it cannot be reached. */
export async function ask(machine: TestMachine, netns: string, host: string, port: number): Promise<string> {
  const command = `exec 3<>/dev/tcp/${host}/${port} && cat <&3`;
  return (await machine.run(['timeout', '2', 'bash', '-c', command], { netns })).stdout;
}
