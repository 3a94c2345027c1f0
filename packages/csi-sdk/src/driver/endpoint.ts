import { csiErrors } from '../errors.js';

/** A driver's name: a domain name backwards or forwards, as `files.example.com`. */
const driverName = /^[a-zA-Z0-9]([-a-zA-Z0-9.]{0,61}[a-zA-Z0-9])?$/;

/** @throws INVALID_NAME */
export function checkDriverName(name: string): void {
  if (!driverName.test(name)) throw csiErrors.INVALID_NAME({ name });
}

/** Where a driver is told to serve. */
export const driverEndpointVariable = 'CSI_ENDPOINT';
/** Where the kubelet finds that socket; a driver that is told so registers there. */
export const registrationEndpointVariable = 'CSI_REGISTRATION_ENDPOINT';

/** The address that a driver is told to serve on. @throws NO_ENDPOINT */
export function endpointOf(environment: Readonly<Record<string, string | undefined>>): string {
  const endpoint = environment[driverEndpointVariable];
  if (endpoint === undefined || endpoint === '') throw csiErrors.NO_ENDPOINT({ variable: driverEndpointVariable });
  return endpoint;
}
