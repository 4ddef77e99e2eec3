/** Whether another try would fail as this one did: an error that says so itself, by `forGood`, as a mail does that everybody refuses. */
export const isForGood = (error: unknown): boolean =>
  error instanceof Error && "forGood" in error && error.forGood === true;

/** What will be refused however often it is tried. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly forGood = true;
}
