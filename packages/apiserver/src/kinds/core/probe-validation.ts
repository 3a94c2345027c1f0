/** Probes and lifecycle hooks. */
import type { JsonObject } from '@kubewright/api';
import type { FieldErrors } from '../fields/field-errors.js';
import { has, objectAt, stringsAt, textAt } from '../fields/fields.js';
import { portNumber, portReference } from '../validation/formats.js';

const counters = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'];

/** @param name - `livenessProbe`, `readinessProbe` or `startupProbe`. */
export function validateProbe(probe: JsonObject | undefined, field: string, name: string, errors: FieldErrors): void {
  if (!probe) return;
  validateHandler(probe, field, ['exec', 'httpGet', 'tcpSocket', 'grpc'], errors);
  for (const counter of counters) errors.nonNegative(`${field}.${counter}`, probe[counter]);
  if (name !== 'readinessProbe' && has(probe, 'successThreshold') && probe['successThreshold'] !== 1) {
    errors.invalid(`${field}.successThreshold`, probe['successThreshold'], 'must be 1');
  }
  const grace = probe['terminationGracePeriodSeconds'];
  if (!has(probe, 'terminationGracePeriodSeconds')) return;
  if (name === 'readinessProbe')
    errors.invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes');
  else errors.positive(`${field}.terminationGracePeriodSeconds`, grace);
}

export function validateLifecycleHandler(handler: JsonObject, field: string, errors: FieldErrors): void {
  validateHandler(handler, field, ['exec', 'httpGet', 'tcpSocket', 'sleep'], errors);
}

function validateHandler(handler: JsonObject, field: string, types: readonly string[], errors: FieldErrors): void {
  const given = types.filter((type) => has(handler, type));
  if (given.length === 0) errors.required(field, 'must specify a handler type');
  for (const extra of given.slice(1)) errors.forbidden(`${field}.${extra}`, 'may not specify more than 1 handler type');
  const exec = objectAt(handler, 'exec');
  if (exec && stringsAt(exec, 'command').length === 0) errors.required(`${field}.exec.command`);
  const request = objectAt(handler, 'httpGet');
  if (request) {
    if (textAt(request, 'path') === '') errors.required(`${field}.httpGet.path`);
    errors.each(`${field}.httpGet.port`, request['port'], portReference(request['port']));
    if (!['HTTP', 'HTTPS'].includes(textAt(request, 'scheme'))) {
      errors.notSupported(`${field}.httpGet.scheme`, request['scheme'], ['HTTP', 'HTTPS']);
    }
  }
  const socket = objectAt(handler, 'tcpSocket');
  if (socket) errors.each(`${field}.tcpSocket.port`, socket['port'], portReference(socket['port']));
  const grpc = objectAt(handler, 'grpc');
  if (grpc) errors.each(`${field}.grpc.port`, grpc['port'], portNumber(grpc['port']));
}
