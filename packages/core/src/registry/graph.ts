import { tokenName } from '../di/token.js';
import { defaultStage, stages } from '../plugin/stage.js';
import type { Stage } from '../plugin/stage.js';
import type { Dependency } from './dependencies.js';
import type { Registration } from './registration.js';

export interface GraphNode {
  readonly name: string;
  readonly stage: Stage;
  readonly provides: readonly string[];
  readonly contributes: readonly string[];
}

export interface GraphEdge {
  /** The plugin that needs the other. */
  readonly from: string;
  readonly to: string;
  /** The token or extension point that makes it so; absent where the requirement is by name. */
  readonly via?: string;
}

/** The plugins of a host and what they need of each other, for people and for tools. */
export class PluginGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];

  constructor(registrations: readonly Registration[], dependencies: readonly Dependency[]) {
    this.nodes = registrations.map(({ data, provides, contributes }) => ({
      name: data.name,
      stage: data.stage ?? defaultStage,
      provides: provides.map(({ token }) => tokenName(token)),
      contributes: contributes.map(({ token }) => tokenName(token)),
    }));
    this.edges = dependencies.map(({ from, to, via }) => ({
      from: from.data.name,
      to: to.data.name,
      ...(via === undefined ? {} : { via }),
    }));
  }

  /** One line per plugin under the heading of its stage, one more for each dependency. Ends with a newline unless empty. */
  toString(): string {
    const lines: string[] = [];
    for (const stage of stages) {
      const members = this.nodes.filter((node) => node.stage === stage);
      if (members.length > 0) lines.push(`${stage}:`);
      for (const { name } of members) {
        lines.push(`  ${name}`);
        for (const { from, to, via } of this.edges)
          if (from === name) lines.push(`    needs ${to}${via === undefined ? '' : ` (${via})`}`);
      }
    }
    return lines.map((line) => `${line}\n`).join('');
  }

  /** A Mermaid flowchart: an arrow from each plugin to what it needs. */
  toMermaid(): string {
    const ids = new Map(this.nodes.map(({ name }, index) => [name, `p${index}`]));
    const boxes = this.nodes.map(({ name }) => `  ${ids.get(name)}["${escape(name)}"]`);
    const arrows = this.edges.map(
      ({ from, to, via }) => `  ${ids.get(from)} -->${via === undefined ? '' : `|"${escape(via)}"|`} ${ids.get(to)}`,
    );
    return ['flowchart LR', ...boxes, ...arrows, ''].join('\n');
  }
}

/** Mermaid reads `#…;` as a character reference inside quotes. */
function escape(text: string): string {
  return text.replaceAll('#', '#35;').replaceAll('"', '#quot;');
}
