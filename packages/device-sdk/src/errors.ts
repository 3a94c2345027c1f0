import { defineErrors } from '@kubewright/core';

/** Mistakes of a device plugin or DRA driver, and what the kubelet's side can find wrong with one. */
export const deviceErrors = defineErrors('DEVICE', {
  INVALID_RESOURCE: (d: { resource: string }) =>
    `'${d.resource}' is no name of an extended resource: write a domain and a name, as 'example.com/accelerator'`,
  INVALID_DEVICE: (d: { id: string; reason: string }) => `the device '${d.id}' cannot be offered: ${d.reason}`,
  INVALID_NAME: (d: { name: string }) =>
    `'${d.name}' is no name of a DRA driver: use at most 63 lower-case letters, digits, dots and dashes, as 'gpu.example.com'`,
  INVALID_CDI_KIND: (d: { kind: string }) =>
    `'${d.kind}' is no kind of CDI devices: write a vendor and a class, as 'example.com/gpu'`,
  UNKNOWN_RESOURCE: (d: { resource: string }) => `no device plugin offers '${d.resource}': start one, or wait for it`,
  WRONG_ANSWER: (d: { resource: string; reason: string }) =>
    `the device plugin for '${d.resource}' gave an answer that cannot be used: ${d.reason}`,
});
