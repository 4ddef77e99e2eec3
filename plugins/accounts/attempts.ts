import { isIPv6 } from "node:net";
import { refuse, type State } from "@kintoun/kit";

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
    const window = Math.floor(now() / windowMs);
    return { list: `attempts ${name} ${window}`, key, end: (window + 1) * windowMs };
  };
  const tooMany = (end: number): Error => {
    const seconds = Math.max(1, Math.ceil((end - now()) / 1000));
    return refuse(429, `There were too many attempts. Try again in ${seconds} seconds.`, {
      headers: { "Retry-After": String(seconds) },
    });
  };
  return {
    count: async (limit, key) => {
      const at = locate(limit, key);
      const counted = await state.count(at.list, at.key, { add: { n: 1 }, max: { n: limit.max } }, { expires: at.end });
      if (counted === undefined) throw tooMany(at.end);
      return { total: counted.n ?? 0, end: at.end };
    },
    read: async (limit, key) => {
      const at = locate(limit, key);
      const counter = (await state.get(at.list, at.key)) as { readonly n?: number } | undefined;
      const attempts = counter?.n ?? 0;
      if (attempts >= limit.max) throw tooMany(at.end);
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

/**
 * What attempts from an address are counted under. An IPv6 client has a whole network of 64 bits, so its addresses count as
 * one.
 */
export const toAddressKey = (address: string): string => {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.toLowerCase().split("%", 1)[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const filled =
    tail === undefined ? groups : [...groups, ...Array(8 - groups.length - rest.length).fill("0"), ...rest];
  return `${filled
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
};
