import { csiErrors } from '../errors.js';

/** A driver's name: a domain name backwards or forwards, as `files.example.com`. */
const driverName = /^[a-zA-Z0-9]([-a-zA-Z0-9.]{0,61}[a-zA-Z0-9])?$/;

/** @throws INVALID_NAME */
export function checkDriverName(name: string): void {
  if (!driverName.test(name)) throw csiErrors.INVALID_NAME({ name });
}

const variable = 'CSI_ENDPOINT';

/** The address that a driver is told to serve on. @throws NO_ENDPOINT */
export function endpointOf(environment: Readonly<Record<string, string | undefined>>): string {
  const endpoint = environment[variable];
  if (endpoint === undefined || endpoint === '') throw csiErrors.NO_ENDPOINT({ variable });
  return endpoint;
}
