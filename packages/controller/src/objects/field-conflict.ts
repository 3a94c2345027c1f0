/** Reads a server's answer that an apply touches fields of other managers. */
import { StatusError } from '@kubewright/api';

/** The fields and whose they are, for people; undefined for every other error, as a conflict of versions. */
export function fieldConflictOf(error: unknown): string | undefined {
  if (!StatusError.is(error)) return undefined;
  const fields = error.causes.filter(({ reason }) => reason === 'FieldManagerConflict');
  if (fields.length === 0) return undefined;
  return fields.map(({ field = '', message = '' }) => `${field} (${message})`).join(', ');
}
