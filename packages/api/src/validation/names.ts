/**
 * The rules of names, label keys and label values. Each function answers everything wrong with a value, in the words that
 * Kubernetes answers with; an empty array means that the value is right. Their neighbours put the field before the words.
 */

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualified})?`;
const configKey = '[-._a-zA-Z0-9]+';

/** Longest of a DNS label, a label's value, and the name part of a qualified name. */
const maximumLabel = 63;
/** Longest of a DNS subdomain and a key of a ConfigMap. */
const maximumSubdomain = 253;

interface Rule {
  readonly maximum: number;
  readonly pattern: RegExp;
  readonly message: string;
}

function rule(maximum: number, source: string, text: string, ...examples: string[]): Rule {
  const hints = examples.map((example, index) => `${index === 0 ? '' : ' or '}'${example}', `).join('');
  const message = `${text} (e.g. ${hints}regex used for validation is '${source}')`;
  return { maximum, pattern: new RegExp(`^(?:${source})$`), message };
}

const rules = {
  label: rule(
    maximumLabel,
    label,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
    'my-name',
    '123-abc',
  ),
  subdomain: rule(
    maximumSubdomain,
    subdomain,
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    'example.com',
  ),
  label1035: rule(
    maximumLabel,
    label1035,
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    'my-name',
    'abc-123',
  ),
  namePart: rule(
    maximumLabel,
    qualified,
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    'MyName',
    'my.name',
    '123-abc',
  ),
  labelValue: rule(
    maximumLabel,
    labelValue,
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    'MyValue',
    'my_value',
    '12345',
  ),
  configKey: rule(
    maximumSubdomain,
    configKey,
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    'key.name',
    'KEY_NAME',
    'key-name',
  ),
};

function check(value: string, { maximum, pattern, message }: Rule): string[] {
  // The length comes first, so that a pattern never runs over a huge text.
  const problems = value.length > maximum ? [tooLong(maximum)] : [];
  if (value.length > 10 * maximumSubdomain || !pattern.test(value)) problems.push(message);
  return problems;
}

function tooLong(maximum: number): string {
  return `must be no more than ${maximum} characters`;
}

/** A DNS label (RFC 1123), as a namespace's or a container's name. */
export function checkDns1123Label(value: string): string[] {
  return check(value, rules.label);
}

/** A DNS subdomain (RFC 1123), as most objects' names. */
export function checkDns1123Subdomain(value: string): string[] {
  return check(value, rules.subdomain);
}

/** A DNS label that begins with a letter (RFC 1035), as a Service's name. */
export function checkDns1035Label(value: string): string[] {
  return check(value, rules.label1035);
}

/** A name with an optional DNS subdomain before a slash: a label's or annotation's key, a resource's name, a finalizer. */
export function checkQualifiedName(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a qualified name ${rules.namePart.message} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const problems: string[] = [];
  const [prefix, name] = parts.length === 2 ? [parts[0] ?? '', parts[1] ?? ''] : [undefined, value];
  if (prefix === '') problems.push('prefix part must be non-empty');
  else if (prefix !== undefined)
    problems.push(...checkDns1123Subdomain(prefix).map((problem) => `prefix part ${problem}`));
  if (name === '') problems.push('name part must be non-empty');
  problems.push(...check(name, rules.namePart).map((problem) => `name part ${problem}`));
  return problems;
}

/** A label's value. */
export function checkLabelValue(value: string): string[] {
  return check(value, rules.labelValue);
}

/** A key in a ConfigMap's or Secret's data. */
export function checkConfigMapKey(value: string): string[] {
  const problems = check(value, rules.configKey);
  if (value === '.' || value === '..') problems.push(`must not be '${value}'`);
  else if (value.startsWith('..')) problems.push("must not start with '..'");
  return problems;
}

/** Whether a name fits into one segment of a request's path: the only rule for RBAC's names. */
export function checkPathSegmentName(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((mark) => value.includes(mark)).map((mark) => `may not contain '${mark}'`);
}

/** A port's number. */
export function checkPortNumber(value: number): string[] {
  return Number.isInteger(value) && value >= 1 && value <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}

/** A port's name (IANA service name), as a Service's targetPort may carry. */
export function checkPortName(value: string): string[] {
  const problems: string[] = [];
  if (value.length > 15) problems.push(tooLong(15));
  if (!/^[-a-z0-9]+$/.test(value))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
}

/** An environment variable's name: printable ASCII without `=`. */
export function checkEnvironmentName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  return /^[ -<>-~]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}
