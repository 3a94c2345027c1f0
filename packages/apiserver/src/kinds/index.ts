/**
 * What the built-in kinds mean to the store: their defaults, generation rules, immutable fields, validation and
 * selectable fields, one `Strategy` each. Neighbours: `strategy` declares the interface, the store drives it, `crd` makes
 * the strategies of custom resources. Nothing here reads other objects: what needs them (allocated addresses, quotas,
 * default classes) belongs to admission and the allocators.
 */
export { BuiltinStrategies, nameFormatOf } from './registry/builtin-strategies.js';
export type { SchemaSource } from './registry/builtin-strategies.js';
export { StatusStrategy } from './strategy/status-strategy.js';
export type { NameFormat } from './strategy/behavior.js';
export { qosClassOf } from './core/pod-qos.js';
export { FieldErrors } from './fields/field-errors.js';
export { validateAnnotations, validateLabels, validateLabelSelector } from './validation/labels.js';
