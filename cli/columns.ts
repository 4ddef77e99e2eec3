/** Rows of cells as lines, each column as wide as its widest cell; numbers to the right. */
export const columns = (rows: readonly (readonly (string | number)[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? "").length)));
  const cell = (value: string | number, column: number) => {
    const [text, width] = [String(value), widths[column] ?? 0];
    return typeof value === "number" ? text.padStart(width) : text.padEnd(width);
  };
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
};
