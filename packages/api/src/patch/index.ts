/**
 * The three patch formats of the Kubernetes API that change an object as it stands: JSON patch, JSON merge patch and
 * strategic merge patch. Pure functions of parsed JSON: they read no body, check no schema beyond what merging needs, and
 * know nothing of managedFields. Server-side apply, the fourth format, is the API server's.
 *
 * @packageDocumentation
 */
export { applyJsonPatch, maxJsonPatchCopiedBytes, maxJsonPatchOperations } from './json-patch.js';
export { applyMergePatch } from './merge-patch.js';
export { applyStrategicMergePatch } from './strategic-merge-patch.js';
