/** The order of the start, from dependencies and stages. Pure. */
import { coreErrors } from '../errors/core-errors.js';
import type { KubewrightError } from '../errors/define-errors.js';
import { defaultStage, stages } from '../plugin/stage.js';
import type { Dependency } from './dependencies.js';
import type { Registration } from './registration.js';

/** Circles among the dependencies, each as the path that leads back to its first plugin. */
export function findCycles(
  registrations: readonly Registration[],
  dependencies: readonly Dependency[],
): KubewrightError[] {
  const outgoing = byDependent(dependencies);
  const done = new Set<Registration>();
  const problems: KubewrightError[] = [];
  const path: Dependency[] = [];
  const visit = (node: Registration): void => {
    const start = path.findIndex(({ from }) => from === node);
    if (start >= 0) problems.push(coreErrors.DEPENDENCY_CYCLE({ path: pathText(path.slice(start)) }));
    if (start >= 0 || done.has(node)) return;
    for (const dependency of outgoing.get(node) ?? []) {
      path.push(dependency);
      visit(dependency.to);
      path.pop();
    }
    done.add(node);
  };
  registrations.forEach(visit);
  return problems;
}

function pathText(path: readonly Dependency[]): string {
  const steps = path.map(({ to, via }) => ` → ${to.data.name}${via === undefined ? '' : ` (${via})`}`);
  return `${path[0]?.from.data.name ?? ''}${steps.join('')}`;
}

/**
 * Groups plugins into waves: those of a wave may start together, after all earlier waves. Stages come in order; inside a
 * stage a plugin stands behind what it depends on; registration order decides the rest. There must be no cycle.
 */
export function startWaves(
  registrations: readonly Registration[],
  dependencies: readonly Dependency[],
): Registration[][] {
  const outgoing = byDependent(dependencies);
  const stageOf = effectiveStages(registrations, outgoing);
  const depths = new Map<Registration, number>();
  const depthOf = (node: Registration): number => {
    const known = depths.get(node);
    if (known !== undefined) return known;
    const below = (outgoing.get(node) ?? [])
      .filter(({ to }) => stageOf.get(to) === stageOf.get(node))
      .map(({ to }) => depthOf(to) + 1);
    const depth = Math.max(0, ...below);
    depths.set(node, depth);
    return depth;
  };
  const waves = new Map<string, { stage: number; depth: number; plugins: Registration[] }>();
  for (const node of registrations) {
    const [stage, depth] = [stageOf.get(node) ?? 0, depthOf(node)];
    const wave = waves.get(`${stage}/${depth}`);
    if (wave) wave.plugins.push(node);
    else waves.set(`${stage}/${depth}`, { stage, depth, plugins: [node] });
  }
  return [...waves.values()]
    .sort((left, right) => left.stage - right.stage || left.depth - right.depth)
    .map(({ plugins }) => plugins);
}

/** Each plugin's stage as a number, not later than that of any plugin that depends on it. */
function effectiveStages(
  registrations: readonly Registration[],
  outgoing: ReadonlyMap<Registration, readonly Dependency[]>,
): Map<Registration, number> {
  const stageOf = new Map<Registration, number>();
  const pull = (node: Registration, limit: number): void => {
    if ((stageOf.get(node) ?? stages.length) <= limit) return;
    stageOf.set(node, limit);
    for (const { to } of outgoing.get(node) ?? []) pull(to, limit);
  };
  for (const node of registrations) pull(node, stages.indexOf(node.data.stage ?? defaultStage));
  return stageOf;
}

function byDependent(dependencies: readonly Dependency[]): Map<Registration, Dependency[]> {
  const outgoing = new Map<Registration, Dependency[]>();
  for (const dependency of dependencies)
    outgoing.set(dependency.from, [...(outgoing.get(dependency.from) ?? []), dependency]);
  return outgoing;
}
