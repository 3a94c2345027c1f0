/**
 * The images that critest asks for, made of programs of this machine: it has no network, and the judge's own registries need
 * one. Repositories and tags are the judge's; which host they are asked of does not matter, since a mirror for every host
 * serves them.
 */
import { appletNames, programFiles } from './machine-programs.js';
import { buildImage } from './image-archive.js';
import type { BuiltImage, ImageFile } from './image-archive.js';

/** The programs that images are made of, with the packages of Debian that have them. */
export const machinePrograms: Readonly<Record<string, string>> = {
  '/bin/busybox': 'busybox',
  '/usr/bin/pgrep': 'procps',
  '/usr/bin/ipcs': 'util-linux',
  '/usr/bin/id': 'coreutils',
  '/usr/sbin/nginx': 'nginx',
};

const users = [
  'root:x:0:0:root:/root:/bin/sh',
  'www-data:x:33:33::/var/www:/bin/false',
  'nobody:x:65534:65534::/:/bin/false',
];
const groups = ['root:x:0:', 'tty:x:5:', 'www-data:x:33:', 'nogroup:x:65534:'];

/** All images by repository and tag. */
export async function standInImages(): Promise<ReadonlyMap<string, BuiltImage>> {
  const system = await systemFiles();
  const shell = (user?: string, more: readonly ImageFile[] = []): Promise<BuiltImage> =>
    buildImage({ files: [...system, ...more], command: ['sh'], ...(user !== undefined && { user }) });
  const marked = (text: string): Promise<BuiltImage> => shell(undefined, [{ name: 'mark', content: text }]);
  const web = await programFiles('/usr/sbin/nginx', 'usr/sbin/nginx');
  const server = (port: number): Promise<BuiltImage> =>
    buildImage({ files: [...system, ...web, ...webFiles(port)], command: ['nginx'] });
  const tools = 'k8s-staging-cri-tools/test-image';
  const listed: Record<string, Promise<BuiltImage>> = {
    'e2e-test-images/busybox:1.29-2': shell(),
    'e2e-test-images/nginx:1.14-2': server(80),
    'e2e-test-images/httpd:2.4.39-4': buildImage({
      files: [...system, { name: 'www/index.html', content: 'it works\n' }],
      command: ['sh', '-c', 'echo httpd serves; exec httpd -f -p 80 -h /www'],
    }),
    'e2e-test-images/nonewprivs:1.3': privilegeImage(system),
    [`k8s-staging-cri-tools/hostnet-nginx-${process.arch === 'x64' ? 'amd64' : process.arch}:latest`]: server(12003),
    // Not with `sleep`, which the judge looks for among the processes of pods.
    'pause:3.9': buildImage({ files: system, command: ['tail', '-f', '/dev/null'] }),
    [`${tools}-latest:latest`]: marked('latest'),
    [`${tools}-tag:test`]: marked('tag'),
    [`${tools}-tag:all`]: marked('all'),
    [`${tools}-user-uid:latest`]: shell('1002'),
    [`${tools}-user-username:latest`]: shell('www-data'),
    [`${tools}-user-uid-group:latest`]: shell('1003:www-data'),
    [`${tools}-user-username-group:latest`]: shell('www-data:www-data'),
    [`${tools}-predefined-group:latest`]: shell('1000', [
      { name: 'etc/passwd', content: lines([...users, 'default-user:x:1000:1000::/:/bin/sh']) },
      {
        name: 'etc/group',
        content: lines([...groups, 'default-user:x:1000:', 'group-defined-in-image:x:50000:default-user']),
      },
    ]),
  };
  for (const number of [1, 2, 3]) {
    listed[`${tools}-${number}:latest`] = marked(`image ${number}`);
    listed[`${tools}-tags:${number}`] = marked('tags');
  }
  const images = Object.entries(listed).map(async ([name, image]) => [name, await image] as const);
  return new Map(await Promise.all(images));
}

/** Busybox with its programs under their names, and what the judge needs beside it. */
async function systemFiles(): Promise<ImageFile[]> {
  const busybox = 'bin/busybox';
  const applets = await appletNames('/bin/busybox');
  const directories = ['proc', 'sys', 'dev', 'etc', 'root', 'mnt', 'run', 'var', 'var/run', 'var/log', 'var/lib'];
  return [
    ...directories.map((name) => ({ name: `${name}/` })),
    { name: 'tmp/', mode: 0o1777 },
    { name: 'etc/passwd', content: lines(users) },
    { name: 'etc/group', content: lines(groups) },
    ...(await programFiles('/bin/busybox', busybox)),
    ...applets.map((name) => ({ name: `bin/${name}`, sameAs: busybox })),
    ...(await programFiles('/usr/bin/pgrep', 'bin/pgrep')),
    ...(await programFiles('/usr/bin/ipcs', 'bin/ipcs')),
  ];
}

function webFiles(port: number): ImageFile[] {
  const configuration = `daemon off; error_log stderr; pid /var/run/nginx.pid;
events {}
http { access_log off; server { listen ${port}; root /www; } }
`;
  return [
    { name: 'etc/nginx/nginx.conf', content: configuration },
    { name: 'var/lib/nginx/' },
    { name: 'var/log/nginx/' },
    { name: 'www/index.html', content: 'it works\n' },
  ];
}

/** Runs a program that belongs to root with the bit that lends its owner's rights, and prints whose rights it got. */
async function privilegeImage(system: readonly ImageFile[]): Promise<BuiltImage> {
  const lent = await programFiles('/usr/bin/id', 'bin/id-of-owner', 0o4755);
  const command = ['sh', '-c', 'echo "Effective uid: $(id-of-owner -u)"'];
  return buildImage({ files: [...system, ...lent], command });
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}
