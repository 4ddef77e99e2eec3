import { findTimeWindow, refuse, type State } from "@kintoun/kit";

/** A limit of attempts within a time. */
export interface Limit {
  /** What is limited, for the table: letters and dashes. */
  readonly name: string;
  readonly max: number;
  readonly windowMs: number;
}

/** Counts attempts per key and time window. */
export interface Attempts {
  /** Counts one attempt. Throws a 429 if it is one too many. */
  readonly count: (limit: Limit, key: string) => Promise<Counted>;
  /** The attempts so far. Throws a 429 if no more are allowed. */
  readonly read: (limit: Limit, key: string) => Promise<number>;
  /** Takes back one attempt that was right, unless its time is over. */
  readonly takeBack: (limit: Limit, key: string, counted: Counted) => Promise<void>;
}

/** An attempt that was counted. */
export interface Counted {
  /** The attempts so far, with this one. */
  readonly total: number;
  /** When its time ends, in epoch ms. */
  readonly end: number;
}

/** @param now epoch ms */
export const createAttempts = (state: State, now: () => number): Attempts => {
  const locate = ({ name, windowMs }: Limit, key: string) => {
    const { number, end, seconds } = findTimeWindow(now(), windowMs);
    return { list: `attempts ${name} ${number}`, key, end, seconds };
  };
  const tooMany = ({ seconds }: { readonly seconds: number }): Error =>
    refuse(429, `There were too many attempts. Try again in ${seconds} seconds.`, {
      headers: { "Retry-After": String(seconds) },
    });
  return {
    count: async (limit, key) => {
      const at = locate(limit, key);
      const counted = await state.count(at.list, at.key, { add: { n: 1 }, max: { n: limit.max } }, { expires: at.end });
      if (counted === undefined) throw tooMany(at);
      return { total: counted.n ?? 0, end: at.end };
    },
    read: async (limit, key) => {
      const at = locate(limit, key);
      const counter = (await state.get(at.list, at.key)) as { readonly n?: number } | undefined;
      const attempts = counter?.n ?? 0;
      if (attempts >= limit.max) throw tooMany(at);
      return attempts;
    },
    takeBack: async (limit, key, { end }) => {
      const at = locate(limit, key);
      // Else the next window would begin below zero and allow more attempts.
      if (at.end !== end) return;
      await state.count(at.list, at.key, { add: { n: -1 } }, { expires: at.end });
    },
  };
};
