/**
 * What is said of values, by class-validator's names, as parts of a structural schema. What a schema cannot say (cross-field
 * rules, checksums) stays with class-validator and does not become part of the CRD.
 */
import type { Json, Schema } from '@kubewright/api';
import { controllerErrors } from '../errors/controller-errors.js';

/** The part of class-validator's metadata that is read. */
export interface ValidatorRule {
  readonly type: string;
  readonly name?: string | undefined;
  readonly propertyName: string;
  readonly constraints?: readonly unknown[] | undefined;
  readonly each?: boolean | undefined;
}

const text = (extra: Schema = {}): Schema => ({ type: 'string', ...extra });
const numbers = (values: unknown): Json[] => [...new Set(Object.values(Object(values) as Record<string, Json>))];

/** A TypeScript enum of numbers also maps values back to names; only the values count. */
function enumSchema(values: unknown): Schema {
  const all = numbers(values);
  const numeric = all.filter((value) => typeof value === 'number');
  return numeric.length > 0
    ? { type: numeric.every(Number.isInteger) ? 'integer' : 'number', enum: numeric }
    : { type: 'string', enum: all };
}

function listed(values: unknown): Schema {
  const all = Array.isArray(values) ? (values as Json[]) : [];
  const [first] = all;
  const type = typeof first === 'number' ? 'number' : typeof first === 'boolean' ? 'boolean' : 'string';
  return { type, enum: all };
}

function pattern(expression: unknown): Schema {
  const source = expression instanceof RegExp ? expression.source : expression;
  return typeof source === 'string' ? text({ pattern: source }) : {};
}

/** @throws FIELD_PATTERN_FLAGS where `@Matches` of a field, ours or class-validator's, has flags, which no schema can say. */
export function refuseFlags(
  where: { readonly className: string; readonly field: string },
  [expression, modifiers]: readonly unknown[],
): void {
  const flags = expression instanceof RegExp ? expression.flags : modifiers;
  if (typeof flags !== 'string' || flags === '') return;
  const shown = expression instanceof RegExp ? String(expression) : `/${String(expression)}/${flags}`;
  throw controllerErrors.FIELD_PATTERN_FLAGS({ ...where, pattern: shown });
}

function lengths([min, max]: readonly unknown[]): Schema {
  return text({
    ...(typeof min === 'number' && { minLength: min }),
    ...(typeof max === 'number' && { maxLength: max }),
  });
}

const count =
  (field: 'minimum' | 'maximum' | 'minLength' | 'maxLength' | 'minItems' | 'maxItems' | 'multipleOf') =>
  (constraints: readonly unknown[]): Schema =>
    typeof constraints[0] === 'number' ? { [field]: constraints[0] } : {};

const rules = {
  isString: () => text(),
  isInt: () => ({ type: 'integer', format: 'int64' }),
  isNumber: () => ({ type: 'number' }),
  isBoolean: () => ({ type: 'boolean' }),
  isArray: () => ({ type: 'array' }),
  isObject: () => ({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
  isEnum: ([values]) => enumSchema(values),
  isIn: ([values]) => listed(values),
  equals: ([value]) => listed([value]),
  min: count('minimum'),
  max: count('maximum'),
  isPositive: () => ({ minimum: 0, exclusiveMinimum: true }),
  isNegative: () => ({ maximum: 0, exclusiveMaximum: true }),
  isDivisibleBy: count('multipleOf'),
  minLength: count('minLength'),
  maxLength: count('maxLength'),
  isLength: lengths,
  isNotEmpty: () => ({ minLength: 1 }),
  matches: ([expression]) => pattern(expression),
  arrayMinSize: count('minItems'),
  arrayMaxSize: count('maxItems'),
  arrayNotEmpty: () => ({ minItems: 1 }),
  isUrl: () => text({ format: 'uri' }),
  isEmail: () => text({ format: 'email' }),
  isUuid: () => text({ format: 'uuid' }),
  isIp: () => text(),
  isFqdn: () => text({ format: 'hostname' }),
  isMacAddress: () => text({ format: 'mac' }),
  isBase64: () => text({ format: 'byte' }),
  isRFC3339: () => text({ format: 'date-time' }),
  isISO8601: () => text(),
  isDateString: () => text({ format: 'date-time' }),
  isSemVer: () => text(),
  isJson: () => text(),
  isHexColor: () => text({ format: 'hexcolor' }),
  isPort: () => text(),
  contains: () => text(),
  isAlpha: () => text({ pattern: '^[A-Za-z]+$' }),
  isAlphanumeric: () => text({ pattern: '^[A-Za-z0-9]+$' }),
  isLowercase: () => text(),
  isUppercase: () => text(),
} satisfies Readonly<Record<string, (constraints: readonly unknown[]) => Schema>>;

export type RuleName = keyof typeof rules;

/** `arrayUnique` and the like are about the list, whatever `each` says. */
const ofTheList = new Set<RuleName>(['isArray', 'arrayMinSize', 'arrayMaxSize', 'arrayNotEmpty']);

export interface RuleSchema {
  /** What the rule says of the field, or of each of its items. */
  readonly schema: Schema;
  readonly each: boolean;
}

/** What a rule says. */
export function ruleSchema(name: RuleName, constraints: readonly unknown[], each: boolean): RuleSchema {
  return { schema: rules[name](constraints), each: each && !ofTheList.has(name) };
}

/** What a rule of class-validator says, where it can be said in a schema. */
export function validatorRuleSchema({
  type,
  name = type,
  constraints = [],
  each,
}: ValidatorRule): RuleSchema | undefined {
  return isRuleName(name) ? ruleSchema(name, constraints, each === true) : undefined;
}

function isRuleName(name: string): name is RuleName {
  return Object.hasOwn(rules, name);
}

/** `@IsOptional()`. */
export function isOptionalRule(rule: ValidatorRule): boolean {
  return rule.type === 'conditionalValidation' && rule.name === 'isOptional';
}
