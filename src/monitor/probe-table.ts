import type { MonitoredProbe } from './monitor-status.ts';
import { printableText } from './printable-text.ts';
import type { CharacterSet } from './printable-text.ts';
import { TABLE_COLUMNS } from './screen-state.ts';
import type { TableColumn } from './screen-state.ts';

/** The table of probes as lines of text: a header whose sorting column has a `*`, and one row per probe. */
export function probeTable(
  probes: readonly MonitoredProbe[],
  sortBy: TableColumn,
  characters: CharacterSet,
): { readonly header: string; readonly rows: readonly string[] } {
  const cells = sortedProbes(probes, sortBy).map((probe) => rowCells(probe, characters));
  const header = TABLE_COLUMNS.map((column) => (column === sortBy ? `${column}*` : column));
  const widths = TABLE_COLUMNS.map((column, index) =>
    cells.reduce((widest, row) => Math.max(widest, (row[index] ?? '').length), column.length + 1),
  );
  const line = (row: readonly string[]): string =>
    row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join(' ');
  return { header: line(header), rows: cells.map(line) };
}

/** Ascending by index, state and name, descending by the numbers; in module order where equal. */
function sortedProbes(probes: readonly MonitoredProbe[], sortBy: TableColumn): readonly MonitoredProbe[] {
  const sorted = [...probes];
  switch (sortBy) {
    case 'index':
      return sorted.sort((left, right) => left.index - right.index);
    case 'state':
      return sorted.sort((left, right) => Number(left.on) - Number(right.on));
    case 'hits':
      return sorted.sort((left, right) => right.hits - left.hits);
    case 'min':
      return sorted.sort((left, right) => right.minNs - left.minNs);
    case 'avg':
      return sorted.sort((left, right) => right.avgNs - left.avgNs);
    case 'max':
      return sorted.sort((left, right) => right.maxNs - left.maxNs);
    case 'name':
      return sorted.sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
  }
}

function rowCells(probe: MonitoredProbe, characters: CharacterSet): readonly string[] {
  const { index, on, hits, minNs, avgNs, maxNs, name } = probe;
  const numbers = [hits, minNs, avgNs, maxNs].map(String);
  return [String(index), on ? 'on' : 'off', ...numbers, printableText(name, characters)];
}
