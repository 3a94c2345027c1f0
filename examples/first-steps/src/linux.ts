import { Rtnetlink, addAddress, newLink, readSysctl, withNamespace } from '@kubewright/linux';

await withNamespace('/run/netns/example', async (namespace) => {
  await using tables = Rtnetlink.open({ namespace });
  await tables.run(
    newLink({ kind: 'dummy', name: 'd0', index: 7, up: true }),
    addAddress({ link: 7, address: '10.9.0.1/24' }),
  );
  process.stdout.write(`forwarding: ${readSysctl('net.ipv4.ip_forward', { namespace })}\n`);
});
