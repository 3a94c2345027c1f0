import { defineErrors } from '@kubewright/core';

/** What an endpoint refuses. That a port cannot be opened is told in the words of whoever opens it. */
export const httpErrors = defineErrors('HTTP', {
  BODY_TOO_LARGE: (d: { limit: number }) => `the body has more than the ${d.limit} bytes that are taken: send less`,
  NO_TLS: () => 'the endpoint serves in the clear and has no certificate to replace: open it with `tls`',
});
