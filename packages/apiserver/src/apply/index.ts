/**
 * Server-side apply: who owns which field of an object, and how an applied configuration is merged into it. Equal in
 * outcome to structured-merge-diff as kube-apiserver uses it. Pure code: it reads no request and stores nothing; the
 * other patch formats are in `../patch`, and what a write may change at all is the kind's strategy's matter.
 */
export { FieldManager } from './field-manager.js';
export type { ApplyRequest, FieldManagerOptions, UpdateRequest } from './field-manager.js';
export { keepManagedFieldsTimes } from './object-metadata.js';
export { resetFields } from './reset-fields.js';
