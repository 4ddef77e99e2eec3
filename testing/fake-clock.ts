/** What time it is for a store. Runs as the machine's own clock does until it is first set or advanced; from then on it stands still, and moves only so. */
export interface FakeClock {
  /** Epoch ms. */
  now(): number;
  advance(ms: number): void;
  /** @param to a date, or what makes one: epoch ms, `"2030-01-01T00:00:00Z"` */
  set(to: Date | number | string): void;
}

export const createFakeClock = (): FakeClock => {
  let stands: number | undefined;
  const now = () => stands ?? Date.now();
  const standAt = (time: number) => {
    if (!Number.isFinite(time))
      throw new RangeError("The clock can be set to a date or epoch ms, and advanced by ms: this is neither.");
    stands = Math.trunc(time);
  };
  return { now, advance: (ms) => standAt(now() + ms), set: (to) => standAt(new Date(to).getTime()) };
};
