/** What comes on stdin, and how errors are told. */
import { compareVersions, cniVersions } from '@kubewright/cni-sdk';
import { section } from '../check/check.js';
import { demand, equal } from '../call/verdict.js';
import type { Check } from '../check/check.js';
import { describe, failedWith, jsonOf, refused } from '../call/reply.js';
import type { PluginReply } from '../call/reply.js';
import type { Session } from '../session/session.js';

const where = section(1, 'Configuration format');
const errors = section(5, 'Error');
const code = { version: 1, unsupportedField: 2, decoding: 6, config: 7 } as const;

export const configChecks: readonly Check[] = [
  {
    id: 'config.not-json',
    rule: 'A configuration that is no JSON is error 6.',
    section: errors,
    async run(session) {
      for (const stdin of ['{', 'cniVersion: 1.0.0', '']) {
        failedWith(await session.call('ADD', undefined, { stdin }), `with stdin '${stdin}'`, code.decoding);
      }
    },
  },
  {
    id: 'config.not-an-object',
    rule: 'A configuration that is JSON but no object is error 6 or 7.',
    section: errors,
    async run(session) {
      for (const stdin of ['[]', '"text"', '7']) {
        const reply = await session.call('ADD', undefined, { stdin });
        failedWith(reply, `with stdin '${stdin}'`, code.decoding, code.config);
      }
    },
  },
  {
    id: 'config.name-missing',
    rule: 'A configuration without the name of its network is error 7.',
    section: where,
    async run(session) {
      for (const name of [undefined, '']) {
        failedWith(await session.call('ADD', undefined, { config: { name } }), 'without a name', code.config);
      }
    },
  },
  {
    id: 'config.name-invalid',
    rule: 'A network name begins with a letter or digit and has only those, underscores, dots and hyphens; others are error 7.',
    section: where,
    async run(session) {
      for (const name of ['-net', '../net', 'a b', 'a/b']) {
        failedWith(await session.call('ADD', undefined, { config: { name } }), `with the name '${name}'`, code.config);
      }
    },
  },
  {
    id: 'config.version-unsupported',
    rule: 'A configuration in a version that the plugin does not list is error 1.',
    section: errors,
    async run(session) {
      const unlisted = cniVersions.find((version) => compareVersions(version, session.newest) > 0);
      for (const cniVersion of ['9.9.9', ...(unlisted === undefined ? [] : [unlisted])]) {
        const reply = await session.call('ADD', undefined, { config: { cniVersion } });
        failedWith(reply, `with cniVersion '${cniVersion}'`, code.version);
      }
    },
  },
  {
    id: 'config.version-not-text',
    rule: 'A cniVersion that is no text is error 1, 6 or 7.',
    section: where,
    async run(session) {
      const reply = await session.call('ADD', undefined, { config: { cniVersion: 1 } });
      failedWith(reply, 'with cniVersion 1', code.version, code.decoding, code.config);
    },
  },
  {
    id: 'config.unknown-key',
    rule: 'A key that the plugin does not know is ignored, or is error 2 that names it.',
    section: errors,
    needs: { root: true },
    async run(session) {
      const container = await session.container();
      const key = 'sanityUnknownKey';
      const config = { [key]: { deep: [true] } };
      const reply = await session.call('ADD', container, { config });
      if (reply.exitCode === 0) return session.del(container, { config });
      const { msg } = failedWith(reply, `with the unknown key '${key}'`, code.unsupportedField);
      demand(msg.includes(key), `error 2 does not name '${key}': '${msg}'`);
    },
  },
  {
    id: 'config.unknown-args',
    rule: 'Data under args that a plugin does not understand is ignored.',
    section: where,
    needs: { root: true },
    async run(session) {
      const container = await session.container();
      await session.add(container, { config: { args: { 'example.com/other': { deep: [1, null, 'ü'] }, cni: {} } } });
    },
  },
  {
    id: 'config.large',
    rule: 'A configuration of a megabyte is read to its end.',
    section: section(2, 'Parameters'),
    needs: { root: true },
    async run(session) {
      const filler = Array.from({ length: 4096 }, (_, index) => `${index}${'x'.repeat(250)}`);
      await session.add(await session.container(), { config: { args: { 'example.com/large': filler } } });
    },
  },
  {
    id: 'error.exit-code',
    rule: 'A request that failed ends with an exit code other than 0.',
    section: errors,
    async run(session) {
      for (const reply of await failures(session)) {
        refused(reply, '');
        demand(reply.exitCode !== 0, `an error came with exit code 0 (${describe(reply)})`);
      }
    },
  },
  {
    id: 'error.json',
    rule: 'An error is one JSON object on stdout with a numeric code and a message that is not empty.',
    section: errors,
    async run(session) {
      for (const reply of await failures(session)) {
        const body = jsonOf(reply);
        demand(Number.isSafeInteger(body['code']) && Number(body['code']) > 0, `no code (${describe(reply)})`);
        demand(typeof body['msg'] === 'string' && body['msg'] !== '', `no msg (${describe(reply)})`);
        const details = body['details'];
        demand(details === undefined || typeof details === 'string', `details is no text (${describe(reply)})`);
      }
    },
  },
  {
    id: 'error.version',
    rule: 'An error names, as cniVersion, the version of the configuration.',
    section: errors,
    async run(session) {
      const reply = await session.call('ADD', undefined, { config: { name: '' } });
      equal(jsonOf(reply)['cniVersion'], session.newest, 'cniVersion of the error');
      const variable = await session.call('ADD', undefined, { environment: { CNI_CONTAINERID: undefined } });
      equal(jsonOf(variable)['cniVersion'], session.newest, 'cniVersion of the error about a variable');
      const version = session.profile.versions.findLast((one) => compareVersions(one, '1.1.0') < 0);
      if (version === undefined) return;
      const verb = await session.call('GC', undefined, { version, config: { 'cni.dev/valid-attachments': [] } });
      // That it fails at all is the business of another check.
      if (verb.exitCode !== 0)
        equal(jsonOf(verb)['cniVersion'], version, `cniVersion of the error of GC in ${version}`);
    },
  },
];

/** Three ways to fail: by a variable, by what stands on stdin, and by what that means. */
async function failures(session: Session): Promise<PluginReply[]> {
  return [
    await session.call('ADD', undefined, { environment: { CNI_CONTAINERID: undefined } }),
    await session.call('ADD', undefined, { stdin: '{' }),
    await session.call('ADD', undefined, { config: { cniVersion: '9.9.9' } }),
  ];
}
