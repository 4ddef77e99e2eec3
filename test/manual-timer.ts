import type { Timer } from "../lib/util/backoff.ts";

/** A timer whose time passes only in pauses and by `advance`. @param random default: always half of the maximum */
export const createManualTimer = (random: () => number = () => 0.5) => {
  let time = 0;
  const pauses: number[] = [];
  return {
    now: () => time,
    sleep: async (ms: number) => {
      pauses.push(ms);
      time += ms;
    },
    random,
    /** All pauses so far, in ms. */
    pauses: pauses as readonly number[],
    advance: (ms: number) => {
      time += ms;
    },
  } satisfies Timer & Record<string, unknown>;
};
