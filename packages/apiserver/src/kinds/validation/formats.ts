/**
 * The syntax of names and numbers that the API machinery does not check itself. Each check answers the list of what is
 * wrong, empty where nothing is; the texts are those that clients of Kubernetes know.
 */
import { checkPortName, checkPortNumber } from '@kubewright/api';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const wildcard = `\\*\\.${label}(\\.${label})*`;
const wildcardPattern = new RegExp(`^(?:${wildcard})$`);
/** The longest name of a host. */
const maximumHost = 253;

/** An Ingress's host such as `*.example.com`. */
export function wildcardSubdomain(value: string): string[] {
  if (value.length <= maximumHost && wildcardPattern.test(value)) return [];
  const text =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [`${text} (e.g. '*.example.com', regex used for validation is '${wildcard}')`];
}

export function portNumber(value: unknown): string[] {
  return checkPortNumber(typeof value === 'number' ? value : Number.NaN);
}

/** A port that is a number or a port's name. */
export function portReference(value: unknown): string[] {
  return typeof value === 'string' ? checkPortName(value) : portNumber(value);
}

export function percentage(value: string): string[] {
  if (/^[0-9]+%$/.test(value)) return [];
  return [
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
  ];
}
