/**
 * The machine's side of the plugins: its network tables, its packet filter, and what is written down about attachments.
 * One object is shared by all plugins of a process. It opens what it needs on first use and keeps nothing that is not
 * also in the kernel or on disk. What a pod's own namespace gets is in `pod`.
 *
 * This file: what the kernel's answers mean to a plugin, and what a plugin answers itself.
 */
import { CniError, cniErrorCode } from '@kubewright/cni-sdk';
import { errnoName, refusal } from '@kubewright/linux';
import type { Acknowledgement, Link, NetlinkRequest } from '@kubewright/linux';

/** Throws the first refusal, except those that mean that the thing is there already. */
export function requireAccepted(
  requests: readonly NetlinkRequest[],
  answers: readonly Acknowledgement[],
  tolerated: readonly string[],
): void {
  answers.forEach((answer, index) => {
    const request = requests[index];
    if (request === undefined || answer.errno === 0 || tolerated.includes(errnoName(answer.errno))) return;
    throw refusal(request, answer, index);
  });
}

/** @throws CniError where a link is not there that was a moment ago. */
export function requireLink(link: Link | undefined): Link {
  if (link !== undefined) return link;
  throw new CniError(cniErrorCode.internal, 'the interface vanished while it was being made', 'try again');
}

/** What CHECK answers where something is not as ADD left it. */
export function checkFailure(problem: string): CniError {
  return new CniError(cniErrorCode.internal, problem, 'release the attachment with DEL and add it again');
}
