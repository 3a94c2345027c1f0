import { KubewrightError } from '@kubewright/core';
import { readFileInside } from '@kubewright/linux';
import { SupplementalGroupsPolicy } from '@kubewright/cri-sdk/v1';
import type { LinuxContainerSecurityContext } from '@kubewright/cri-sdk/v1';
import { runtimeErrors } from '../errors.js';
import type { OciUser } from './spec.js';
import { isId, userNumber } from './user-number.js';

/** A file of users or groups has thousands of lines at most. */
const largestFile = 1024 * 1024;

/** A line of the image's file of users, or of groups, whose numbers are ids. */
interface User {
  readonly name: string;
  readonly uid: bigint;
  readonly gid: bigint;
}
interface Group {
  readonly name: string;
  readonly gid: bigint;
  readonly members: readonly string[];
}

/**
 * Who a container's process is: what the pod says, otherwise what the image says. Names, and groups of a user, come from the
 * image's own files; a number is the id that it says, whatever lines those have.
 *
 * @param root - where the container's root file system is mounted.
 * @throws USER_UNKNOWN, USER_INVALID, IMAGE_FILE_INVALID
 */
export async function containerUser(
  root: string,
  imageUser: string,
  security: LinuxContainerSecurityContext | undefined,
): Promise<OciUser> {
  const wanted = security?.runAsUser?.value.toString() ?? (security?.runAsUsername || imageUser);
  const [userText = '', groupText = ''] = wanted.split(':');
  const found = findUser(userText || '0', usersOf(root));
  const groups = groupsOf(root);
  const gid = findGroup(security?.runAsGroup?.value.toString() ?? groupText, found.gid, groups);
  const isStrict = security?.supplementalGroupsPolicy === SupplementalGroupsPolicy.Strict;
  const own = isStrict ? [] : groups.filter(({ members }) => found.name !== undefined && members.includes(found.name));
  const additional = (security?.supplementalGroups ?? []).map((number) => checked(number, String(number)));
  return {
    uid: Number(found.uid),
    gid: Number(gid),
    additionalGids: [...new Set([gid, ...own.map((group) => group.gid), ...additional])].map(Number),
  };
}

/** The first line counts, as for the C library. A user who has none is in group 0. */
function findUser(text: string, users: readonly User[]): { readonly name?: string; uid: bigint; gid: bigint } {
  const number = userNumber(text);
  if (number === undefined) {
    const named = users.find(({ name }) => name === text);
    if (named === undefined) throw runtimeErrors.USER_UNKNOWN({ user: text });
    return named;
  }
  const uid = checked(number, text);
  return users.find((user) => user.uid === uid) ?? { uid, gid: 0n };
}

function findGroup(text: string, ofUser: bigint, groups: readonly Group[]): bigint {
  if (text === '') return ofUser;
  const number = userNumber(text);
  if (number !== undefined) return checked(number, text);
  const named = groups.find(({ name }) => name === text);
  if (named === undefined) throw runtimeErrors.USER_UNKNOWN({ user: text });
  return named.gid;
}

function usersOf(root: string): User[] {
  return linesOf(root, '/etc/passwd').flatMap(([name = '', , uid = '', gid = '']) => {
    const ids = [userNumber(uid), userNumber(gid)] as const;
    return isId(ids[0]) && isId(ids[1]) ? [{ name, uid: ids[0], gid: ids[1] }] : [];
  });
}

function groupsOf(root: string): Group[] {
  return linesOf(root, '/etc/group').flatMap(([name = '', , id = '', members = '']) => {
    const gid = userNumber(id);
    return isId(gid) ? [{ name, gid, members: members.split(',') }] : [];
  });
}

/** The file is the image's, and so are the links that lead to it, and what it is. */
function linesOf(root: string, path: string): string[][] {
  try {
    const text = readFileInside(root, path, largestFile)?.toString() ?? '';
    return text.split('\n').map((line) => line.split(':'));
  } catch (cause) {
    if (!KubewrightError.is(cause)) throw cause;
    throw runtimeErrors.IMAGE_FILE_INVALID({ path, reason: cause.message }, { cause });
  }
}

function checked(number: bigint, user: string): bigint {
  if (!isId(number)) throw runtimeErrors.USER_INVALID({ user });
  return number;
}
