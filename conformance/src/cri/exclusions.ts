/** Cases of critest that are not asked of any runtime here, with the reason. They are listed in the guide on conformance. */
export const exclusions: readonly { readonly cases: string; readonly reason: string }[] = [
  { cases: '\\[k8s.io\\] AppArmor ', reason: 'needs a kernel with AppArmor' },
  { cases: '\\[k8s.io\\] SELinux ', reason: 'needs a kernel with SELinux' },
  { cases: '\\[k8s.io\\] NRI ', reason: 'needs the node resource interface, which is not there yet' },
  {
    cases: 'public image with digest should be pulled and removed',
    reason: 'names the digest of an image in a registry that cannot be reached without a network',
  },
  { cases: 'benchmark', reason: 'measures instead of judging' },
];

/** For the judge's own option that leaves cases out. */
export const exclusionPattern = exclusions.map(({ cases }) => cases).join('|');

export function isExcluded(name: string): boolean {
  return new RegExp(exclusionPattern).test(name);
}
