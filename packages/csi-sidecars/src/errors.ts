import { defineErrors } from '@kubewright/core';

/** What the sidecars cannot do for a volume or snapshot. What a driver answers is a `GrpcStatusError`. */
export const csiSidecarErrors = defineErrors('SIDECARS', {
  SNAPSHOT_CLASS_MISSING: (d: { kind: string; class: string }) =>
    `${d.kind} '${d.class}' is not there, and without its parameters another snapshot would be made: create it again`,
  SECRET_NOT_TEXT: (d: { secret: string; key: string }) =>
    `'${d.key}' of Secret '${d.secret}' is not UTF-8, and drivers get text: encode it, in base64 for instance, as the driver expects`,
  SNAPSHOT_LOST: (d: { kind: string; content: string }) =>
    `the snapshot of ${d.kind} '${d.content}' was made once and is not known any more: another would hold other data, so none is made; name the old one in 'spec.source' of a new content, or delete what is bound to this one`,
});
