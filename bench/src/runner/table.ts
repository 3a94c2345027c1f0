import type { ResultRow } from './result.js';

const columns = ['metric', 'unit', 'ours', 'peer', 'ratio', 'goal', 'holds'] as const;

function figure(value: number | null): string {
  if (value === null) return '–';
  return Number.isInteger(value) ? String(value) : value.toPrecision(3);
}

function cells(row: ResultRow): string[] {
  const held = row.holds === null ? '' : row.holds ? 'yes' : 'no';
  return [row.metric, row.unit, figure(row.ours), figure(row.peer), figure(row.ratio), row.goal ?? '', held];
}

/** The rows as people read them on a terminal. */
export function table(rows: readonly ResultRow[]): string {
  const lines = [[...columns], ...rows.map(cells)];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
