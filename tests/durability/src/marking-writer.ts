/**
 * Writes objects one after another through an API server on SQLite, and says on stdout when each was asked for and when it was
 * answered. Run under strace by `sync-before-answer.test.ts`: `node marking-writer.js DIRECTORY COUNT`.
 */
import { writeSync } from 'node:fs';
import { ConfigMap } from '@kubewright/api/core/v1';
import { SqliteStorage } from '@kubewright/apiserver';
import { startTestApiServer } from '@kubewright/apiserver/testing';
import { Client } from '@kubewright/informer';

const [directory = '', count = '0'] = process.argv.slice(2);
const server = await startTestApiServer({ storage: await SqliteStorage.open(directory) });
const client = new Client({ transport: server.transport, namespace: 'default' });
for (let index = 0; index < Number(count); index++) {
  // Straight to the descriptor: the trace shows the moment, not that of some buffer's flush.
  writeSync(1, `asked ${index}\n`);
  await client.create(ConfigMap, { metadata: { name: `object-${index}` }, data: { index: String(index) } });
  writeSync(1, `answered ${index}\n`);
}
await server.stop();
