import { Pod } from '@kubewright/api/core/v1';
import { Client, InformerFactory, kubeconfig } from '@kubewright/informer';

const { transport, namespace } = await kubeconfig({ context: 'staging' }).open();
const client = new Client({ transport, namespace });
const pods = new InformerFactory({ client }).informer(Pod, { labelSelector: 'app=web' });

using registration = pods.addHandler(({ type, key, object }) => {
  process.stdout.write(`${type} ${key} on ${object.spec?.nodeName ?? 'no node yet'}\n`);
});
await registration.whenSynced();
