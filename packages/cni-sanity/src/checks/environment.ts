/** Variables that are missing or wrong. */
import type { CniVersion } from '@kubewright/cni-sdk';
import { section } from '../check/check.js';
import { demand } from '../call/verdict.js';
import type { Check } from '../check/check.js';
import { failedWith } from '../call/reply.js';
import type { Session } from '../session/session.js';

const where = section(2, 'Parameters');
const invalidEnvironment = 4;

interface Requirement {
  readonly verb: string;
  readonly since?: CniVersion;
  readonly variables: readonly string[];
}

const required: readonly Requirement[] = [
  { verb: 'ADD', variables: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME'] },
  { verb: 'DEL', variables: ['CNI_CONTAINERID', 'CNI_IFNAME'] },
  { verb: 'CHECK', since: '0.4.0', variables: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME'] },
  { verb: 'GC', since: '1.1.0', variables: ['CNI_PATH'] },
];

const invalidIds = ['-leading', '.hidden', '_below', 'a/b', '../escape', 'a b', 'semi;colon', 'über'];
const invalidNames = ['sixteen-letters-', '.', '..', 'a/b', 'a:b', 'a b'];

export const environmentChecks: readonly Check[] = [
  {
    id: 'env.unknown-command',
    rule: 'A CNI_COMMAND that the specification does not know, or in lower case, is error 4.',
    section: section(5, 'Error'),
    async run(session) {
      for (const verb of ['FLY', 'add', 'ADD ', 'VERSIONS']) {
        failedWith(await session.call(verb), `(CNI_COMMAND='${verb}')`, invalidEnvironment);
      }
    },
  },
  ...required.flatMap(({ verb, since, variables }) => variables.map((variable) => missing(verb, variable, since))),
  {
    id: 'env.container-id-invalid',
    rule: 'A container id begins with a letter or digit and has only those, underscores, dots and hyphens; others are error 4.',
    section: where,
    run: (session) => refuseAll(session, 'CNI_CONTAINERID', invalidIds),
  },
  {
    id: 'env.ifname-invalid',
    rule: 'An interface name of more than 15 bytes, or that Linux would refuse, is error 4.',
    section: where,
    run: (session) => refuseAll(session, 'CNI_IFNAME', invalidNames),
  },
  {
    id: 'env.container-id-long',
    rule: 'Container ids of runtimes, 64 digits and more, are accepted.',
    section: where,
    needs: { root: true },
    async run(session) {
      for (const id of ['0123456789abcdef'.repeat(4), `Pod_1.with-${'x'.repeat(90)}`]) {
        const container = await session.container();
        const environment = { CNI_CONTAINERID: id };
        await session.add(container, { environment });
        await session.del(container, { environment });
      }
    },
  },
  {
    id: 'env.ifname-long',
    rule: 'An interface name of 15 bytes is accepted and used.',
    section: where,
    needs: { root: true, kinds: ['interface'] },
    async run(session) {
      const container = (await session.container()).withInterface('fifteen-letters');
      await session.add(container);
      const link = await container.inside((tables) => tables.link(container.ifName));
      demand(link !== undefined, `there is no interface '${container.ifName}' in the container`);
    },
  },
];

function missing(verb: string, variable: string, since: CniVersion | undefined): Check {
  const name = variable.slice('CNI_'.length).toLowerCase();
  return {
    id: `env.${verb.toLowerCase()}-without-${name}`,
    rule: `${verb} without ${variable} is error 4, and the message names the variable.`,
    section: section(2, verb),
    ...(since === undefined ? {} : { needs: { since } }),
    async run(session) {
      for (const value of [undefined, '']) {
        const circumstance = value === undefined ? `without ${variable}` : `with an empty ${variable}`;
        const reply = await session.call(verb, undefined, {
          environment: { [variable]: value },
          config: verb === 'GC' ? { 'cni.dev/valid-attachments': [], 'cni.dev/attachments': [] } : {},
        });
        const { body } = failedWith(reply, circumstance, invalidEnvironment);
        const said = JSON.stringify([body['msg'], body['details']]);
        demand(said.includes(variable), `the error of ${verb} ${circumstance} does not name it: ${said}`);
      }
    },
  };
}

async function refuseAll(session: Session, variable: string, values: readonly string[]): Promise<void> {
  for (const value of values) {
    for (const verb of ['ADD', 'DEL']) {
      const reply = await session.call(verb, undefined, { environment: { [variable]: value } });
      failedWith(reply, `with ${variable}='${value}'`, invalidEnvironment);
    }
  }
}
