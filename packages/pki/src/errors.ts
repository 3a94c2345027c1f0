import { defineErrors } from '@kubewright/core';

/** What is wrong with keys and certificates that a program hands in. */
export const pkiErrors = defineErrors('PKI', {
  FOREIGN_KEY: () =>
    "the certificate authority's key does not belong to its certificate: pass the two that were stored together",
});
