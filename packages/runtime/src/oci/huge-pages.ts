import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CgroupLayout } from '@kubewright/linux';

/** Whether OCI runtimes can limit huge pages here. On hybrid machines version 2's tree is hidden from them. */
export async function canLimitHugePages({ version, controllers, unified = '' }: CgroupLayout): Promise<boolean> {
  if (version !== 'v2') return controllers.has('hugetlb');
  const listed = await readFile(join(unified, 'cgroup.controllers'), 'utf8').catch(() => '');
  return listed.trim().split(' ').includes('hugetlb');
}
