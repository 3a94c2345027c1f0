import { expect, it } from 'vitest';
import { parseJunit } from './junit.js';

it('reads outcomes and reasons, and counts pending specs apart', () => {
  const report = parseJunit(`<?xml version="1.0"?><testsuites><testsuite>
    <testcase name="[BeforeSuite]" classname="s" status="passed" time="0"></testcase>
    <testcase name="[It] A &lt;b&gt; works" classname="s" status="passed" time="0.1"></testcase>
    <testcase name="[It] B" classname="s" status="failed" time="0"><failure message="Expected &#34;x&#34;&#xA;to equal" type="failed">trace</failure></testcase>
    <testcase name="[It] C" classname="s" status="skipped" time="0"><skipped message="not supported"></skipped></testcase>
    <testcase name="[It] D" classname="s" status="pending" time="0"><skipped message="pending"></skipped></testcase>
  </testsuite></testsuites>`);
  expect(report).toEqual({
    cases: [
      { name: 'A <b> works', outcome: 'passed' },
      { name: 'B', outcome: 'failed', reason: 'Expected "x" to equal' },
      { name: 'C', outcome: 'skipped', reason: 'not supported' },
    ],
    pending: ['D'],
  });
});
