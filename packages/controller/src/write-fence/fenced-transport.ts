import type { ApiRequest, ApiResponse, Transport } from '@kubewright/informer';
import type { WriteFence } from './write-fence.js';

/**
 * A transport whose writes pass a fence, each retry anew: when they are asked for, and again right before their bytes go to the
 * server, since a connection may have been waited for meanwhile. Reads and watches go as they are. Its owner closes
 * what is inside.
 */
export function fencedTransport(inner: Transport, fence: WriteFence): Transport {
  return {
    ...(inner.host !== undefined && { host: inner.host }),
    send: (request, signal) =>
      request.method === 'GET' ? inner.send(request, signal) : sendFenced(inner, fence, request, signal),
    close: () => inner.close(),
  };
}

async function sendFenced(
  inner: Transport,
  fence: WriteFence,
  request: ApiRequest,
  signal: AbortSignal | undefined,
): Promise<ApiResponse> {
  using pass = fence.enter();
  const checked: ApiRequest = { ...request, beforeSending: () => pass.check() };
  try {
    return await inner.send(checked, signal === undefined ? pass.signal : AbortSignal.any([signal, pass.signal]));
  } catch (error) {
    if (pass.signal.aborted) throw pass.signal.reason;
    throw error;
  }
}
