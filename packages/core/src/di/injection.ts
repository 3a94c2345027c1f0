/**
 * What a class wants injected. inversify 8 keeps this per class and does not look at the base class, so a subclass
 * without a constructor would be built with `undefined` for every parameter; `inheritInjection` closes that gap.
 *
 * inversify keeps its records with reflect-metadata. They are read here under inversify's own key, because its public
 * reader throws at the first incomplete class, where we want to name all of them; a test pins the key and the shape.
 */
import 'reflect-metadata';
import { LazyServiceIdentifier } from 'inversify';
import type { Token } from './token.js';

/** Any class, abstract or not. */
export type Class<T = unknown> = abstract new (...args: never[]) => T;

/** Whether a value can be a class, as far as JavaScript tells classes from other functions. */
export function isClass(value: unknown): value is Class {
  return typeof value === 'function';
}

/** One constructor parameter or property that the container fills. */
export interface Injection {
  readonly token: Token<unknown>;
  /** Where, for error texts: `constructor parameter 0 of Website` or `property clock of Website`. */
  readonly place: string;
  readonly optional: boolean;
  /** Whether it takes everything bound to the token (`@multiInject`). */
  readonly many: boolean;
}

/** A constructor parameter that nothing tells the container how to fill. */
export interface MissingInjection {
  /** The class that declares the constructor; may be a base of the class asked about. */
  readonly className: string;
  readonly index: number;
}

interface Element {
  readonly kind: number;
  readonly value: Token<unknown> | LazyServiceIdentifier;
  readonly optional?: boolean;
}

interface Metadata {
  readonly constructorArguments: readonly (Element | undefined)[];
  readonly lifecycle: {
    readonly postConstructMethodNames: ReadonlySet<string | symbol>;
    readonly preDestroyMethodNames: ReadonlySet<string | symbol>;
  };
  readonly properties: ReadonlyMap<string | symbol, Element>;
  readonly scope: string | undefined;
}

const metadataKey = '@inversifyjs/core/classMetadataReflectKey';
const multipleKind = 0;
const unmanagedKind = 2;
const incompleteKind = 32;

const noMetadata: Metadata = {
  constructorArguments: [],
  lifecycle: { postConstructMethodNames: new Set(), preDestroyMethodNames: new Set() },
  properties: new Map(),
  scope: undefined,
};

/**
 * Gives a class the injections of its base classes: properties always, constructor parameters where the class takes none
 * itself. Doing it twice changes nothing. A class whose constructor takes no parameters although its base's does is treated
 * like one without a constructor: what is injected is resolved and handed over, and that constructor ignores it.
 */
export function inheritInjection(target: Class): void {
  const base = baseOf(target);
  if (base === undefined) return;
  inheritInjection(base);
  const own = ownMetadata(target);
  const inherited = ownMetadata(base);
  const takesBases =
    target.length === 0 && own.constructorArguments.length === 0 && missingInjections(base).length === 0;
  const merged: Metadata = {
    constructorArguments: [...(takesBases ? inherited : own).constructorArguments],
    lifecycle: {
      postConstructMethodNames: union(
        inherited.lifecycle.postConstructMethodNames,
        own.lifecycle.postConstructMethodNames,
      ),
      preDestroyMethodNames: union(inherited.lifecycle.preDestroyMethodNames, own.lifecycle.preDestroyMethodNames),
    },
    properties: new Map([...inherited.properties, ...own.properties]),
    scope: own.scope ?? inherited.scope,
  };
  Reflect.defineMetadata(metadataKey, merged, target);
}

/** Everything that the container fills when it builds the class, inherited injections included. */
export function injectionsOf(target: Class): Injection[] {
  inheritInjection(target);
  const { constructorArguments, properties } = ownMetadata(target);
  const parameters = constructorArguments.map((element, index) =>
    injection(element, `constructor parameter ${index} of ${target.name}`),
  );
  const fields = [...properties].map(([key, element]) =>
    injection(element, `property ${String(key)} of ${target.name}`),
  );
  return [...parameters, ...fields].filter((found) => found !== undefined);
}

/** The constructor parameters that carry no `@inject`; empty where the container can build the class. */
export function missingInjections(target: Class): MissingInjection[] {
  const base = baseOf(target);
  const { constructorArguments } = ownMetadata(target);
  if (target.length === 0 && constructorArguments.length === 0) {
    return base === undefined || declaresEmptyConstructor(target) ? [] : missingInjections(base);
  }
  const missing: MissingInjection[] = [];
  for (let index = 0; index < Math.max(target.length, constructorArguments.length); index++) {
    const element = constructorArguments[index];
    if (element === undefined || element.kind === incompleteKind) missing.push({ className: target.name, index });
  }
  return missing;
}

/**
 * Tells `constructor() { super(fixed) }` from no constructor at all: both have length 0. Compilers that lower fields write
 * a constructor of their own, which passes `...arguments` on and so counts as none.
 */
function declaresEmptyConstructor(target: Class): boolean {
  const source = Function.prototype.toString.call(target);
  return /\bconstructor\s*\(\s*\)/.test(source) && !source.includes('super(...arguments)');
}

function injection(element: Element | undefined, place: string): Injection | undefined {
  if (element === undefined || element.kind === unmanagedKind || element.kind === incompleteKind) return undefined;
  const token = LazyServiceIdentifier.is(element.value) ? element.value.unwrap() : element.value;
  return { token, place, optional: element.optional ?? false, many: element.kind === multipleKind };
}

function ownMetadata(target: Class): Metadata {
  return (Reflect.getOwnMetadata(metadataKey, target) as Metadata | undefined) ?? noMetadata;
}

function baseOf(target: Class): Class | undefined {
  const base: unknown = Object.getPrototypeOf(target);
  return isClass(base) && base !== Function.prototype ? base : undefined;
}

function union<T>(first: ReadonlySet<T>, second: ReadonlySet<T>): Set<T> {
  return new Set([...first, ...second]);
}
