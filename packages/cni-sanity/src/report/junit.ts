/** The report as people, CI servers and programs read it. */
import type { SanityResult, SanityReport } from '../run/run-checks.js';
import { countResults } from './text.js';

/** The report as JUnit XML: one suite, its cases grouped by area. Times are in seconds. */
export function formatJunit(report: SanityReport): string {
  const { passed, failed, skipped } = countResults(report.results);
  const milliseconds = report.results.reduce((sum, one) => sum + one.milliseconds, 0);
  const name = escape(`cni-sanity.${report.type}`);
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${passed + failed + skipped}" failures="${failed}" skipped="${skipped}">`,
    `  <testsuite name="${name}" tests="${passed + failed + skipped}" failures="${failed}" skipped="${skipped}" errors="0" time="${milliseconds / 1000}">`,
    ...report.results.map((result) => formatCase(name, result)),
    '  </testsuite>',
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function formatCase(suite: string, { id, rule, section, outcome, reason, milliseconds }: SanityResult): string {
  const [area = ''] = id.split('.');
  const head = `    <testcase classname="${suite}.${escape(area)}" name="${escape(id)}" time="${milliseconds / 1000}"`;
  if (outcome === 'passed') return `${head}/>`;
  const message = escape(reason ?? '');
  const body =
    outcome === 'skipped'
      ? `<skipped message="${message}"/>`
      : `<failure message="${message}">${escape(`${rule} (${section})`)}</failure>`;
  return `${head}>${body}</testcase>`;
}

/** XML 1.0 has no way to say most control characters. */
function escape(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
