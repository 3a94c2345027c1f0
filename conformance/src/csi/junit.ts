import type { CaseResult } from '../runner/suite.js';

export interface JunitReport {
  readonly cases: readonly CaseResult[];
  /** Specs that the judge itself has put off. */
  readonly pending: readonly string[];
}

/** Reads the report that ginkgo writes. What is not a spec (set-up and clean-up nodes) is left out unless it failed. */
export function parseJunit(xml: string): JunitReport {
  const cases: CaseResult[] = [];
  const pending: string[] = [];
  for (const match of xml.matchAll(/<testcase\s([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const attributes = match[1] ?? '';
    const body = match[2] ?? '';
    const fullName = attribute(attributes, 'name');
    const status = attribute(attributes, 'status');
    const name = fullName.replace(/^\[It\] /, '');
    if (status === 'pending') pending.push(name);
    else if (status === 'skipped') cases.push({ name, outcome: 'skipped', reason: message(body, 'skipped') });
    else if (status === 'passed') {
      if (fullName.startsWith('[It] ')) cases.push({ name, outcome: 'passed' });
    } else
      cases.push({ name, outcome: 'failed', reason: message(body, 'failure') || message(body, 'error') || status });
  }
  return { cases, pending };
}

function message(body: string, element: string): string {
  const found = new RegExp(`<${element}\\s([^>]*)`).exec(body);
  return found?.[1] === undefined ? '' : attribute(found[1], 'message').replaceAll(/\s+/g, ' ').slice(0, 500);
}

function attribute(text: string, name: string): string {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(text);
  return unescape(found?.[1] ?? '');
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replaceAll(/&(#x?[0-9a-fA-F]+|[a-z]+);/g, (whole, entity: string) => {
    if (!entity.startsWith('#')) return entities[entity] ?? whole;
    const digits = entity.startsWith('#x') ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1));
    return String.fromCodePoint(digits);
  });
}
