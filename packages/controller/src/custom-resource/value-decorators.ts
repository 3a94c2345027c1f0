/**
 * Decorators for the values of a custom resource's fields. They have the names and the meaning of class-validator's and only
 * describe: the API server checks what the schema says. class-validator's own are read as well where it is installed.
 */
import { addFieldFacts } from './field-metadata.js';
import { refuseFlags, ruleSchema } from './validator-rules.js';
import type { RuleName } from './validator-rules.js';

/** Of what a decorator of a value speaks. */
export interface EachOption {
  /** Whether it is said of each item of a list. Default: false, of the value itself. */
  readonly each?: boolean;
}

function limit(name: RuleName, constraints: readonly unknown[], { each = false }: EachOption = {}): PropertyDecorator {
  const rule = ruleSchema(name, constraints, each);
  return (prototype, field) => {
    if (typeof field === 'string') addFieldFacts(prototype, field, { limits: [rule] });
  };
}

/** A field that may be absent. One with a default need not say so. */
export function IsOptional(): PropertyDecorator {
  return (prototype, field) => {
    if (typeof field === 'string') addFieldFacts(prototype, field, { optional: true });
  };
}

/** A text. */
export function IsString(options?: EachOption): PropertyDecorator {
  return limit('isString', [], options);
}

/** A whole number of 64 bits. */
export function IsInt(options?: EachOption): PropertyDecorator {
  return limit('isInt', [], options);
}

/** Any number. */
export function IsNumber(options?: EachOption): PropertyDecorator {
  return limit('isNumber', [], options);
}

/** True or false. */
export function IsBoolean(options?: EachOption): PropertyDecorator {
  return limit('isBoolean', [], options);
}

/** One of a TypeScript enum's values: `@IsEnum(Tier)`. */
export function IsEnum(values: object, options?: EachOption): PropertyDecorator {
  return limit('isEnum', [values], options);
}

/** One of these values: `@IsIn(['tcp', 'udp'])`. */
export function IsIn(values: readonly (string | number | boolean)[], options?: EachOption): PropertyDecorator {
  return limit('isIn', [values], options);
}

/** An absolute URL: format `uri`. */
export function IsUrl(options?: EachOption): PropertyDecorator {
  return limit('isUrl', [], options);
}

/** Format `email`. */
export function IsEmail(options?: EachOption): PropertyDecorator {
  return limit('isEmail', [], options);
}

/** A moment as RFC 3339 has it: format `date-time`. */
export function IsDateString(options?: EachOption): PropertyDecorator {
  return limit('isDateString', [], options);
}

/** A text that the expression finds something in. @throws KW_CONTROLLER_FIELD_PATTERN_FLAGS for one with flags. */
export function Matches(expression: RegExp, options?: EachOption): PropertyDecorator {
  const decorate = limit('matches', [expression], options);
  return (prototype, field) => {
    refuseFlags({ className: prototype.constructor.name, field: String(field) }, [expression]);
    decorate(prototype, field);
  };
}

/** A text of `min` to `max` characters. */
export function Length(min: number, max?: number, options?: EachOption): PropertyDecorator {
  return limit('isLength', [min, max], options);
}

/** A text of at least so many characters. */
export function MinLength(min: number, options?: EachOption): PropertyDecorator {
  return limit('minLength', [min], options);
}

/** A text of at most so many characters. */
export function MaxLength(max: number, options?: EachOption): PropertyDecorator {
  return limit('maxLength', [max], options);
}

/** A text of at least one character. */
export function IsNotEmpty(options?: EachOption): PropertyDecorator {
  return limit('isNotEmpty', [], options);
}

/** A number that is not smaller. */
export function Min(min: number, options?: EachOption): PropertyDecorator {
  return limit('min', [min], options);
}

/** A number that is not larger. */
export function Max(max: number, options?: EachOption): PropertyDecorator {
  return limit('max', [max], options);
}

/** A number above 0. */
export function IsPositive(options?: EachOption): PropertyDecorator {
  return limit('isPositive', [], options);
}

/** A list of at least so many items. */
export function ArrayMinSize(min: number): PropertyDecorator {
  return limit('arrayMinSize', [min]);
}

/** A list of at most so many items. */
export function ArrayMaxSize(max: number): PropertyDecorator {
  return limit('arrayMaxSize', [max]);
}
