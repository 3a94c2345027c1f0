import { describe, expect, it } from 'vitest';
import { parseGinkgoReport } from './ginkgo-report.js';

describe('parseGinkgoReport', () => {
  it('reads cases, and preparations only where they failed', () => {
    const spec = (LeafNodeType: string, State: string, Message?: string): object => ({
      ContainerHierarchyTexts: LeafNodeType === 'It' ? ['a', 'b'] : null,
      LeafNodeText: LeafNodeType === 'It' ? 'c' : '',
      LeafNodeType,
      State,
      ...(Message !== undefined && { Failure: { Message } }),
    });
    const SpecReports = [
      spec('BeforeSuite', 'passed'),
      spec('BeforeSuite', 'failed', 'no'),
      spec('It', 'passed'),
      spec('It', 'skipped', 'why'),
      spec('It', 'timedout'),
    ];
    expect(parseGinkgoReport(JSON.stringify([{ SpecReports }, {}]))).toEqual([
      { name: 'BeforeSuite', outcome: 'failed', reason: 'no' },
      { name: 'a b c', outcome: 'passed' },
      { name: 'a b c', outcome: 'skipped', reason: 'why' },
      { name: 'a b c', outcome: 'failed', reason: "it ended as 'timedout'" },
    ]);
  });
});
