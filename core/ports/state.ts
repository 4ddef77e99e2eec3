import type { Json } from "../../lib/json.ts";

/**
 * The port to what a plugin keeps for itself: lists of values by key. Nobody hears of it, and no request reads it. Reads see what was written before them.
 * Throws a RangeError for names and values that can't be kept, see {@link STATE_LIMITS}. Implementations promise what test/contracts/state.ts says.
 */
export interface State {
  /** `undefined` for what was never put, or is deleted or expired. */
  get(list: string, key: string): Promise<Json | undefined>;
  put(list: string, key: string, value: Json, options?: Expiry): Promise<void>;
  /** Puts a value only where there is none; `false` when there is one. */
  add(list: string, key: string, value: Json, options?: Expiry): Promise<boolean>;
  /**
   * Puts what `make` makes of the present value, with nobody between: where somebody came between, it is asked again. `undefined` leaves all as it is.
   * @returns the value as it then stands
   */
  change(
    list: string,
    key: string,
    make: (present: Json | undefined) => Json | undefined,
    options?: Expiry,
  ): Promise<Json | undefined>;
  delete(list: string, key: string): Promise<void>;
  /** In the order of the keys' UTF-8 bytes, read a page at a time as it is gone through. */
  list(list: string, query?: StateQuery): AsyncIterable<StateEntry>;
}

export interface Expiry {
  /** Epoch ms, to the second, after which the value is gone; it stays when absent. */
  readonly expires?: number;
}

export interface StateQuery {
  /** The key behind which to begin. */
  readonly after?: string;
  readonly limit?: number;
  /** From the last key to the first. */
  readonly descending?: boolean;
}

export interface StateEntry {
  readonly key: string;
  readonly value: Json;
}

/** Bytes in UTF-8 that names and keys (at least one byte), and values as JSON, may have. */
export const STATE_LIMITS = { list: 1500, key: 1024, value: 300_000 } as const;
