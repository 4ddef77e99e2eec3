/** An error for the operator. Commands print its lines without a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join("\n"));
    this.lines = lines;
  }
}
