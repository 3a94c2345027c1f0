import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsEnum,
  IsIn,
  IsInt,
  IsNumber,
  IsPositive,
  MaxLength,
  IsOptional,
  IsString,
  IsUrl,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { validateValue } from '@kubewright/api';
import type { Json } from '@kubewright/api';
import { beforeAll, describe, expect, it } from 'vitest';
import { classSchema, validatorRules } from './class-schema.js';
import type { RuleSource } from './class-schema.js';
import { CustomObject, CustomResource, customResourceOf, kindOf, pluralOf } from './custom-resource.js';
import { customResourceDefinition } from './custom-resource-definition.js';
import {
  Description,
  IsIntOrString,
  IsQuantity,
  ListOf,
  MapOf,
  Nested,
  PreserveUnknownFields,
  Rule,
} from './field-decorators.js';

let rulesOf: RuleSource;
beforeAll(async () => {
  rulesOf = await validatorRules();
});

enum Tier {
  Free = 'free',
  Paid = 'paid',
}

class Port {
  @IsString() name!: string;
  @IsInt() @Min(1) @Max(65_535) port!: number;
}

class SiteSpec {
  @IsUrl() repository!: string;
  @IsInt() @Min(0) @Max(50) replicas = 1;
  @IsOptional() @IsString() @Length(1, 63) @Description('Who pays.') owner?: string;
  @IsEnum(Tier) tier = Tier.Free;
  @IsIn(['a', 'b']) zone = 'a';
  @IsBoolean() public = false;
  @IsNumber() ratio = 0.5;
  @IsArray() @IsString({ each: true }) @ArrayMaxSize(3) hosts: string[] = [];
  @ListOf(() => Port, { type: 'map', keys: ['port'] }) ports: Port[] = [];
  @Nested(() => Port) @Rule({ rule: 'self == oldSelf', message: 'is immutable' }) main!: Port;
  @MapOf('string') labels: Record<string, string> = {};
  @IsQuantity() memory = '64Mi';
  @IsIntOrString() @IsOptional() surge?: number | string;
  @PreserveUnknownFields() @IsOptional() extra?: object;
  @Matches(/^v\d+$/) @IsOptional() tag?: string;
}

describe('classSchema', () => {
  it('takes types and limits from decorators, defaults from initialisers, and requires the rest', () => {
    const schema = classSchema(SiteSpec, rulesOf);
    const port = {
      type: 'object',
      required: ['name', 'port'],
      properties: { name: { type: 'string' }, port: { type: 'integer', format: 'int64', minimum: 1, maximum: 65_535 } },
    };
    expect(schema.required).toEqual(['repository', 'main']);
    expect(schema.properties).toMatchObject({
      repository: { type: 'string', format: 'uri' },
      replicas: { type: 'integer', format: 'int64', minimum: 0, maximum: 50, default: 1 },
      owner: { type: 'string', minLength: 1, maxLength: 63, description: 'Who pays.' },
      tier: { type: 'string', enum: ['free', 'paid'], default: 'free' },
      zone: { type: 'string', enum: ['a', 'b'], default: 'a' },
      public: { type: 'boolean', default: false },
      ratio: { type: 'number', default: 0.5 },
      hosts: { type: 'array', items: { type: 'string' }, maxItems: 3, default: [] },
      ports: { type: 'array', items: port, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['port'] },
      main: { ...port, 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is immutable' }] },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
      memory: { 'x-kubernetes-int-or-string': true, default: '64Mi' },
      surge: { 'x-kubernetes-int-or-string': true },
      extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      tag: { type: 'string', pattern: '^v\\d+$' },
    });
  });

  it('takes over what a base class says', () => {
    class Wider extends Port {
      @IsBoolean() tls = true;
    }
    expect(Object.keys(classSchema(Wider, rulesOf).properties ?? {})).toEqual(['name', 'port', 'tls']);
  });

  it('refuses a field whose type no decorator tells', () => {
    class Untold {
      @IsString() told!: string;
      untold?: string;
    }
    expect(() => classSchema(Untold, rulesOf)).toThrow('no decorator tells the type of Untold.untold: add one such as');
  });

  it('refuses a list whose items are not told', () => {
    class Untold {
      @IsArray() items: string[] = [];
    }
    expect(() => classSchema(Untold, rulesOf)).toThrow('Untold.items');
  });

  it('keeps every rule of a field, in the order in which they stand, those of the base class first', () => {
    class Base {
      @IsString() @Rule({ rule: 'a' }) @Rule({ rule: 'b' }, { rule: 'c' }) @Description('x') field!: string;
      @Nested(() => Port) port!: Port;
    }
    class Derived extends Base {
      @Rule({ rule: 'd' }) declare field: string;
      @Description('where it listens') declare port: Port;
    }
    const rules = (target: typeof Base) =>
      classSchema(target, rulesOf).properties?.['field']?.['x-kubernetes-validations']?.map(({ rule }) => rule);
    expect(rules(Base)).toEqual(['a', 'b', 'c']);
    expect(rules(Derived)).toEqual(['a', 'b', 'c', 'd']);
    expect(classSchema(Derived, rulesOf).properties).toMatchObject({
      field: { description: 'x' },
      port: { type: 'object', required: ['name', 'port'], description: 'where it listens' },
    });
  });

  it('demands what every one of several limits demands', () => {
    class Limited {
      @Matches(/^a/) @Matches(/z$/) text!: string;
      @IsInt() @IsPositive() @Min(1) @Max(9) count!: number;
      @Length(1, 63) @MaxLength(20) name!: string;
      @IsIn(['a', 'b']) @IsIn(['b', 'c']) choice!: string;
    }
    const schema = classSchema(Limited, rulesOf);
    const accepts = (value: object) => validateValue(schema, value as Json, 'spec').length === 0;
    const good = { text: 'az', count: 1, name: 'n', choice: 'b' };
    expect(accepts(good)).toBe(true);
    for (const bad of [
      { text: 'a' },
      { text: 'z' },
      { count: 0 },
      { count: 10 },
      { name: '' },
      { name: 'n'.repeat(21) },
      { choice: 'a' },
      { choice: 'c' },
    ])
      expect([bad, accepts({ ...good, ...bad })]).toEqual([bad, false]);
  });

  it('refuses two that say one thing', () => {
    const twice = (first: PropertyDecorator, second: PropertyDecorator) => () => {
      class Twice {
        @first @second field!: string;
      }
      return Twice;
    };
    expect(
      twice(
        Nested(() => Port),
        MapOf('string'),
      ),
    ).toThrow('Twice.field each say its type');
    expect(twice(Description('a'), Description('b'))).toThrow('Twice.field each say its description');
  });

  it('refuses decorators that contradict each other, a default that breaks them, and recursion', () => {
    class Torn {
      @IsString() @IsBoolean() field!: string;
    }
    class Wrong {
      @IsInt() @Max(3) field = 5;
    }
    class Tree {
      @Nested(() => Tree) child!: Tree;
    }
    expect(() => classSchema(Torn, rulesOf)).toThrow(
      'the decorators of Torn.field name different types (boolean, string)',
    );
    expect(() => classSchema(Wrong, rulesOf)).toThrow('the default of Wrong.field does not fit its own decorators');
    expect(() => classSchema(Tree, rulesOf)).toThrow('Tree → Tree is recursive');
  });
});

class SiteStatus {
  @IsInt() readyReplicas = 0;
}

@CustomResource({
  group: 'web.example.com',
  version: 'v1',
  kind: 'Site',
  spec: SiteSpec,
  status: SiteStatus,
  shortNames: ['st'],
  printerColumns: [{ name: 'Ready', type: 'integer', jsonPath: '.status.readyReplicas' }],
})
class Site extends CustomObject<SiteSpec, SiteStatus> {}

describe('CustomResource', () => {
  it('describes the kind', () => {
    expect(kindOf(Site)).toMatchObject({
      group: 'web.example.com',
      version: 'v1',
      kind: 'Site',
      plural: 'sites',
      singular: 'site',
      scope: 'Namespaced',
      shortNames: ['st'],
    });
  });

  it('refuses a class that is described twice', () => {
    const describeTwice = () => {
      @CustomResource({ group: 'a.example.com', version: 'v1', kind: 'A' })
      @CustomResource({ group: 'b.example.com', version: 'v1', kind: 'B' })
      class Twice extends CustomObject {}
      return Twice;
    };
    expect(describeTwice).toThrow('Twice has two @CustomResource');
  });

  it('refuses a class without the decorator', () => {
    class Plain extends CustomObject {}
    expect(() => kindOf(Plain)).toThrow('Plain is no kind: decorate the class with @CustomResource');
  });

  it.each([
    ['website', 'websites'],
    ['policy', 'policies'],
    ['gateway', 'gateways'],
    ['ingress', 'ingresses'],
    ['box', 'boxes'],
  ])('forms the plural of %s', (singular, plural) => {
    expect(pluralOf(singular)).toBe(plural);
  });

  it('gives the CRD, with a status that demands and fills in nothing', () => {
    const description = customResourceOf(Site);
    const definition = description && customResourceDefinition(description, rulesOf);
    expect(definition?.metadata.name).toBe('sites.web.example.com');
    expect(definition?.spec.names).toEqual({
      kind: 'Site',
      plural: 'sites',
      singular: 'site',
      listKind: 'SiteList',
      shortNames: ['st'],
    });
    const [version] = definition?.spec.versions ?? [];
    expect(version).toMatchObject({
      name: 'v1',
      served: true,
      storage: true,
      subresources: { status: {} },
      additionalPrinterColumns: [{ name: 'Ready', type: 'integer', jsonPath: '.status.readyReplicas' }],
    });
    const status = version?.schema?.openAPIV3Schema?.properties?.['status'];
    expect(status?.properties?.['readyReplicas']).toEqual({ type: 'integer', format: 'int64' });
    expect(Object.keys(status?.properties ?? {})).toEqual(['observedGeneration', 'conditions', 'readyReplicas']);
    expect(status?.required).toBeUndefined();
    expect(version?.schema?.openAPIV3Schema?.required).toEqual(['spec']);
  });
});
