// Lines of CSV files by RFC 4180, also for spreadsheets.

export type Cell = string | number | boolean | null | undefined;

/** Text that a spreadsheet would take for a formula, and run, gets an apostrophe before it. */
function toCell(value: Cell): string {
  if (typeof value !== 'string') return `${value ?? ''}`;
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  // With semicolons, which some spreadsheets take for the separator, it stays one cell.
  return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export const csvLine = (cells: readonly Cell[]): string => `${cells.map(toCell).join(',')}\r\n`;
