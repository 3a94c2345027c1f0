import { spawnSync } from 'node:child_process';

/**
 * The CPU time, in milliseconds, that a fresh process spends to import a module and end.
 *
 * The child reports its own accounting: unlike wall time it does not count what else the machine was doing.
 */
export function importCost(specifier: string, cwd: string): number {
  const program = `await import(${JSON.stringify(specifier)}); const { userCPUTime, systemCPUTime } = process.resourceUsage(); process.stdout.write(String(userCPUTime + systemCPUTime));`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd, encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`importing ${specifier} failed: ${child.stderr}`);
  return Number(child.stdout) / 1000;
}
