import { SystemClock, messageOf, silentLogger } from '@kubewright/core';
import { describe, expect, it } from 'vitest';
import { HttpEndpoint } from '../endpoint/http-endpoint.js';
import { sendText } from '../text/send-text.js';
import { readBody } from './read-body.js';

const open = (arrived?: (bytes: number) => void): Promise<HttpEndpoint> =>
  HttpEndpoint.open({
    listen: {},
    clock: new SystemClock(),
    logger: silentLogger,
    serve: async (incoming, outgoing, signal) => {
      try {
        const body = await readBody(incoming, { limit: 10, signal, arrived });
        sendText(outgoing, 200, Buffer.from(body).toString());
      } catch (error) {
        sendText(outgoing, 413, messageOf(error));
      }
    },
  });

describe('readBody', () => {
  it('gives the whole body, and says what came', async () => {
    let bytes = 0;
    await using endpoint = await open((size) => (bytes += size));
    const answer = await fetch(`http://127.0.0.1:${endpoint.port}/`, { method: 'POST', body: '0123456789' });
    expect([await answer.text(), bytes]).toEqual(['0123456789\n', 10]);
  });

  it('refuses one that is too large, told or not, and can still answer', async () => {
    await using endpoint = await open();
    const url = `http://127.0.0.1:${endpoint.port}/`;
    const told = await fetch(url, { method: 'POST', body: '01234567890' });
    expect([told.status, await told.text()]).toEqual([413, expect.stringContaining('KW_HTTP_BODY_TOO_LARGE')]);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(6));
        controller.enqueue(new Uint8Array(6));
        controller.close();
      },
    });
    const untold = await fetch(url, { method: 'POST', body, duplex: 'half' });
    expect(untold.status).toBe(413);
  });
});
