/**
 * The clock of a test store. It follows the machine's clock until it is first set or advanced; then it stands still.
 * @example
 * const nextDay = (clock: FakeClock): void => clock.advance(24 * 3600 * 1000);
 */
export interface FakeClock {
  /** Epoch ms. */
  now(): number;
  advance(ms: number): void;
  /** @param to a date, epoch ms, or text such as `"2030-01-01T00:00:00Z"` */
  set(to: Date | number | string): void;
}

export const createFakeClock = (): FakeClock => {
  let fixed: number | undefined;
  const now = () => fixed ?? Date.now();
  const fixAt = (time: number) => {
    if (!Number.isFinite(time)) throw new RangeError("The clock needs a date, or a number of milliseconds.");
    fixed = Math.trunc(time);
  };
  return { now, advance: (ms) => fixAt(now() + ms), set: (to) => fixAt(new Date(to).getTime()) };
};
