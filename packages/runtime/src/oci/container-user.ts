import { readFile } from 'node:fs/promises';
import { SupplementalGroupsPolicy } from '@kubewright/cri-sdk/v1';
import type { LinuxContainerSecurityContext } from '@kubewright/cri-sdk/v1';
import { runtimeErrors } from '../errors.js';
import { rootedPath } from '../layers/rooted-path.js';
import type { OciUser } from './spec.js';

/** A file of users or groups has thousands of lines at most. */
const largestFile = 1024 * 1024;

/**
 * Who a container's process is: what the pod says, otherwise what the image says. Names, and groups of a user, come from the
 * image's own files.
 *
 * @param root - where the container's root file system is mounted.
 * @throws USER_UNKNOWN
 */
export async function containerUser(
  root: string,
  imageUser: string,
  security: LinuxContainerSecurityContext | undefined,
): Promise<OciUser> {
  const wanted = security?.runAsUser?.value.toString() ?? (security?.runAsUsername || imageUser || '0');
  const [user = '0', imageGroup] = wanted.split(':');
  const users = await entries(root, 'etc/passwd');
  const groups = await entries(root, 'etc/group');
  const found = users.find(([name, , uid]) => name === user || uid === user);
  const uid = found?.[2] ?? user;
  const group = security?.runAsGroup?.value.toString() ?? imageGroup ?? found?.[3] ?? '0';
  const gid = groups.find(([name, , id]) => name === group || id === group)?.[2] ?? group;
  const own =
    security?.supplementalGroupsPolicy === SupplementalGroupsPolicy.Strict
      ? []
      : groups
          .filter(([, , , members]) => found !== undefined && members?.split(',').includes(found[0] ?? ''))
          .map(([, , id]) => id);
  const additional = [...own.map(Number), ...(security?.supplementalGroups ?? []).map(Number)];
  return {
    uid: number(uid, user),
    gid: number(gid, group),
    additionalGids: [...new Set([number(gid, group), ...additional])].filter(Number.isInteger),
  };
}

async function entries(root: string, file: string): Promise<readonly (readonly string[])[]> {
  const path = rootedPath(root, file);
  const text = path === undefined ? '' : await readFile(path, 'utf8').catch(() => '');
  return text
    .slice(0, largestFile)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

function number(text: string, user: string): number {
  if (!/^\d{1,10}$/.test(text)) throw runtimeErrors.USER_UNKNOWN({ user });
  return Number(text);
}
