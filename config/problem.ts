/** What stops a start: lines for the operator, without a stack. */
export class UserError extends Error {
  override readonly name = "Problem";
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join("\n"));
    this.lines = lines;
  }
}
