import { SystemClock, silentLogger } from '@kubewright/core';
import { HttpEndpoint, sendText } from '@kubewright/http';

const endpoint = await HttpEndpoint.open({
  listen: { host: '127.0.0.1', port: 8080 },
  clock: new SystemClock(),
  logger: silentLogger,
  serve: async (incoming, outgoing) => sendText(outgoing, 200, `you asked for ${incoming.url}`),
});
await endpoint.close();
