/** The order of API groups and of a group's versions. */

/** How far ahead a built-in group comes; groups not named here, those of custom resources, come last. */
const priorities: Readonly<Record<string, number>> = {
  '': 18_001,
  'apiregistration.k8s.io': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'admissionregistration.k8s.io': 16_700,
  'apiextensions.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
};

export function compareGroups(left: string, right: string): number {
  const difference = (priorities[right] ?? 0) - (priorities[left] ?? 0);
  return difference !== 0 ? difference : left < right ? -1 : Number(left > right);
}

const stages: Readonly<Record<string, number>> = { alpha: 1, beta: 2, '': 3 };

/** Stable versions before betas before alphas, the newest of each first; what is no such version comes last, by name. */
export function compareVersions(left: string, right: string): number {
  const [one, other] = [rank(left), rank(right)];
  for (const [index, value] of one.entries()) {
    const difference = (other[index] ?? 0) - value;
    if (difference !== 0) return difference;
  }
  return left < right ? -1 : Number(left > right);
}

function rank(version: string): number[] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
  return match ? [stages[match[2] ?? ''] ?? 0, Number(match[1]), Number(match[3] ?? 0)] : [0, 0, 0];
}
