/** Seconds for which a message can be put off: SQS's 12 hours since it was received, less the longest that its batch was waited for and worked on. */
export const LONGEST_PUT_OFF = 12 * 3600 - 300 - 900;

/** A listener's wish to be called again with the same event, not before some seconds have passed; its message says why. It counts as one of its tries. */
export class Later extends Error {
  override readonly name = "Later";
  /** Whole ones. */
  readonly seconds: number;

  constructor(seconds: number, why: string) {
    super(why);
    if (!(seconds >= 0 && seconds <= LONGEST_PUT_OFF))
      throw new RangeError(`An event can be put off by 0 to ${LONGEST_PUT_OFF} seconds, not by ${seconds}`);
    this.seconds = Math.ceil(seconds);
  }
}
