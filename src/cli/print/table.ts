/** metav1.Table as kubectl prints it: columns padded with three spaces, cells of one line each. */
import type { Table } from "../../machinery/types/meta/v1.ts";

export interface TableOptions {
  readonly wide: boolean;
  readonly noHeaders: boolean;
  readonly showNamespace: boolean;
  readonly showLabels: boolean;
  readonly labelColumns: readonly string[];
  /** "pod", "deployment.apps": put before the names where several kinds are listed. */
  readonly kindPrefix?: string;
}

interface RowMetadata {
  readonly metadata?: { readonly namespace?: string; readonly name?: string; readonly labels?: Record<string, string> };
}

/** The rows as text, header first unless it is switched off. Every row has the same number of cells. */
export function tableRows(table: Table, options: TableOptions): string[][] {
  const shown = table.columnDefinitions
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => column.priority === 0 || options.wide);
  const header = [
    ...(options.showNamespace ? ["NAMESPACE"] : []),
    ...shown.map(({ column }) => column.name.toUpperCase()),
    ...options.labelColumns.map((label) => label.slice(label.lastIndexOf("/") + 1).toUpperCase()),
    ...(options.showLabels ? ["LABELS"] : []),
  ];
  const rows = table.rows.map((row) => {
    const { metadata } = (row.object ?? {}) as RowMetadata;
    const labels = metadata?.labels ?? {};
    const cells = shown.map(({ column, index }) => {
      const text = cellText(row.cells[index]);
      return options.kindPrefix && column.name === "Name" ? `${options.kindPrefix}/${text}` : text;
    });
    return [
      ...(options.showNamespace ? [metadata?.namespace ?? ""] : []),
      ...cells,
      ...options.labelColumns.map((label) => labels[label] ?? ""),
      ...(options.showLabels ? [labelText(labels)] : []),
    ];
  });
  return options.noHeaders ? rows : [header, ...rows];
}

/** With its gap: kubectl's tabwriter makes no column of a table narrower. */
const narrowest = 6;

/** `gap` spaces between columns, none after the last. `widths` of an earlier call keep a watch's columns in place. */
export function alignRows(rows: readonly (readonly string[])[], widths: number[] = [], gap = 3): string {
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  }
  return rows
    .map(
      (row) =>
        `${row.map((cell, index) => cell.padEnd(index === row.length - 1 ? 0 : Math.max((widths[index] ?? 0) + gap, narrowest))).join("")}\n`,
    )
    .join("");
}

function cellText(value: unknown): string {
  const text = value === null || value === undefined ? "<none>" : String(value);
  const line = text.indexOf("\n");
  return line < 0 ? text : `${text.slice(0, line)}...`;
}

function labelText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? "<none>" : pairs.sort().join(",");
}
