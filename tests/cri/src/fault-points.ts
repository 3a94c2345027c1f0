/**
 * Where the daemon is killed: right before and right after each record that it writes, and each thing that it has others do.
 * Between two of these it does nothing that lasts.
 */
const changes = [
  'sandbox creating',
  'network attach',
  'sandbox ready',
  'container creating',
  'snapshot mount',
  'container created',
  'container starting',
  'oci start',
  'container running',
  'oci update',
  'oci kill',
  'container exited',
  'oci forget',
  'snapshot remove',
  'container none',
  'network detach',
  'sandbox stopped',
  'sandbox none',
] as const;

export type FaultPoint = `${'before' | 'after'} ${(typeof changes)[number]}`;

export const faultPoints: readonly FaultPoint[] = changes.flatMap(
  (change) => [`before ${change}`, `after ${change}`] as const,
);
