/** VERSION. */
import { section } from '../check/check.js';
import type { Check } from '../check/check.js';
import { demand } from '../call/verdict.js';
import { describe, jsonOf, succeeded } from '../call/reply.js';
import type { Session } from '../session/session.js';

const where = section(2, 'VERSION');
const format = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

export const versionChecks: readonly Check[] = [
  {
    id: 'version.reply',
    rule: 'VERSION prints one JSON object with cniVersion and a list of supportedVersions.',
    section: section(5, 'VERSION Success'),
    async run(session) {
      const reply = await ask(session, {});
      const body = jsonOf(reply);
      demand(typeof body['cniVersion'] === 'string', `cniVersion is no text (${describe(reply)})`);
      const listed = body['supportedVersions'];
      demand(Array.isArray(listed) && listed.length > 0, `supportedVersions lists nothing (${describe(reply)})`);
    },
  },
  {
    id: 'version.names',
    rule: 'Each supported version is a semantic version and is listed once.',
    section: section(5, 'VERSION Success'),
    async run(session) {
      const reply = await ask(session, {});
      const listed = jsonOf(reply)['supportedVersions'];
      const names: unknown[] = Array.isArray(listed) ? listed : [];
      const wrong = names.find((one) => typeof one !== 'string' || !format.test(one));
      demand(wrong === undefined, `${JSON.stringify(wrong)} is no version (${describe(reply)})`);
      demand(new Set(names).size === names.length, `a version is listed twice (${describe(reply)})`);
    },
  },
  {
    id: 'version.no-input',
    rule: 'VERSION needs nothing on stdin.',
    section: where,
    async run(session) {
      const reply = await session.call('VERSION', undefined, { stdin: '' });
      succeeded(reply, 'with an empty stdin');
      jsonOf(reply);
    },
  },
  {
    id: 'version.no-variables',
    rule: 'VERSION needs no variable but CNI_COMMAND.',
    section: where,
    async run(session) {
      const none = { CNI_CONTAINERID: undefined, CNI_NETNS: undefined, CNI_IFNAME: undefined, CNI_PATH: undefined };
      const reply = await ask(session, none);
      jsonOf(reply);
    },
  },
];

async function ask(session: Session, environment: Record<string, string | undefined>) {
  const reply = await session.call('VERSION', undefined, { environment, stdin: '{"cniVersion":"1.0.0"}' });
  succeeded(reply);
  return reply;
}
