import * as validator from 'class-validator';
import { beforeAll, describe, expect, it } from 'vitest';
import { classSchema, validatorRules } from './class-schema.js';
import type { RuleSource } from './class-schema.js';
import { ListOf } from './field-decorators.js';
import * as own from './value-decorators.js';

enum Tier {
  Free = 'free',
  Paid = 'paid',
}

/** A class whose fields are decorated by one or the other. */
function decorated(by: typeof own | typeof validator): new () => object {
  const { IsString, IsInt, IsNumber, IsBoolean, IsEnum, IsIn, IsUrl, IsEmail, IsDateString, Matches, Length } = by;
  const { MinLength, MaxLength, IsNotEmpty, Min, Max, IsPositive, ArrayMinSize, ArrayMaxSize, IsOptional } = by;
  class Fields {
    @IsString() @MinLength(2) @MaxLength(9) text!: string;
    @IsString() @Length(1, 63) length!: string;
    @IsString() @Length(1) atLeast!: string;
    @IsString() @IsNotEmpty() filled!: string;
    @Matches(/^v\d+$/) tag!: string;
    @IsInt() @Min(1) @Max(9) count = 3;
    @IsNumber() @IsPositive() ratio!: number;
    @IsBoolean() isPublic!: boolean;
    @IsEnum(Tier) tier = Tier.Free;
    @IsIn(['a', 'b']) choice!: string;
    @IsIn([1, 2]) @IsInt() level!: number;
    @IsUrl() url!: string;
    @IsEmail() mail!: string;
    @IsDateString() at!: string;
    @IsOptional() @IsString() note?: string;
    @ListOf('string') @ArrayMinSize(1) @ArrayMaxSize(3) @MinLength(2, { each: true }) hosts!: string[];
    @IsInt({ each: true }) ports!: number[];
  }
  return Fields;
}

let rulesOf: RuleSource;
beforeAll(async () => {
  rulesOf = await validatorRules();
});

describe('the decorators of values', () => {
  it("say what class-validator's say", () => {
    const schema = classSchema(decorated(own), () => []);
    expect(schema).toEqual(classSchema(decorated(validator), rulesOf));
    expect(schema.required).not.toContain('note');
    expect(schema.properties).toMatchObject({
      count: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
      hosts: { type: 'array', minItems: 1, maxItems: 3, items: { type: 'string', minLength: 2 } },
    });
  });

  it("stand beside class-validator's", () => {
    class Mixed {
      @own.IsInt() @validator.Max(3) count!: number;
      @validator.IsOptional() @own.IsString() note?: string;
    }
    const { properties, required } = classSchema(Mixed, rulesOf);
    expect(properties?.['count']).toEqual({ type: 'integer', format: 'int64', maximum: 3 });
    expect(required).toEqual(['count']);
  });

  it('hold together with those of the base class, whose absence a derived class may allow', () => {
    class Base {
      @own.IsInt() @own.Min(1) @own.Max(9) count!: number;
    }
    class Derived extends Base {
      @own.Max(3) @own.IsOptional() declare count: number;
    }
    const { properties, required } = classSchema(Derived, () => []);
    expect(properties?.['count']).toMatchObject({ type: 'integer', minimum: 1, maximum: 9, allOf: [{ maximum: 3 }] });
    expect(required).toBeUndefined();
  });

  it('refuse an expression with flags, which a pattern cannot have', () => {
    const withFlags = () => {
      class Site {
        @own.Matches(/^a/i) name!: string;
      }
      return Site;
    };
    expect(withFlags).toThrow('the pattern /^a/i of Site.name has flags');
  });

  it("refuse it in class-validator's decorators, too, and read its patterns that are texts", () => {
    class Flagged {
      @validator.Matches('^a', 'i') name!: string;
    }
    expect(() => classSchema(Flagged, rulesOf)).toThrow('the pattern /^a/i of Flagged.name has flags');
    class Plain {
      @validator.Matches('^a') name!: string;
    }
    expect(classSchema(Plain, rulesOf).properties).toEqual({ name: { type: 'string', pattern: '^a' } });
  });
});
