import type { CaseResult } from '../runner/suite.js';

interface Spec {
  readonly ContainerHierarchyTexts?: readonly string[] | null;
  readonly LeafNodeText?: string;
  readonly LeafNodeType?: string;
  readonly State?: string;
  readonly Failure?: { readonly Message?: string };
}

/** The cases of a JSON report of ginkgo. Preparations are left out, unless they failed: then nothing after them counts. */
export function parseGinkgoReport(text: string): CaseResult[] {
  const suites = JSON.parse(text) as readonly { readonly SpecReports?: readonly Spec[] | null }[];
  return suites.flatMap(({ SpecReports }) => SpecReports ?? []).flatMap(readSpec);
}

function readSpec({ ContainerHierarchyTexts, LeafNodeText, LeafNodeType, State, Failure }: Spec): CaseResult[] {
  const name = [...(ContainerHierarchyTexts ?? []), LeafNodeText || LeafNodeType].join(' ');
  const reason = Failure?.Message === undefined ? {} : { reason: Failure.Message };
  if (LeafNodeType !== 'It' && State === 'passed') return [];
  if (State === 'passed') return [{ name, outcome: 'passed' }];
  if (State === 'skipped' || State === 'pending') return [{ name, outcome: 'skipped', ...reason }];
  return [{ name, outcome: 'failed', reason: Failure?.Message ?? `it ended as '${State ?? 'unknown'}'` }];
}
