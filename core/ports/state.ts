import type { Json } from "../../lib/json.ts";

/**
 * The port to a plugin's private key-value storage: values by list and key. Changes to it cause no events, and the
 * HTTP API does not expose it. Reads see all earlier writes. Methods throw a RangeError for invalid names and values,
 * see `STATE_LIMITS`. test/contracts/state.ts tests all implementations.
 * @example
 * const count = (state: State): Promise<Json | undefined> =>
 *   state.change("counts", "all", (value) => Number(value ?? 0) + 1);
 */
export interface State {
  /** Returns a value, or `undefined` when it does not exist or has expired. */
  get(list: string, key: string): Promise<Json | undefined>;
  put(list: string, key: string, value: Json, options?: Expiry): Promise<void>;
  /** Stores a value unless the key exists. Returns `false` when it exists. */
  add(list: string, key: string, value: Json, options?: Expiry): Promise<boolean>;
  /**
   * Updates a value atomically.
   * @param make computes the new value from the current one; runs again after a concurrent change. `undefined` keeps
   * the current value.
   * @returns the value after the update
   */
  change(
    list: string,
    key: string,
    make: (present: Json | undefined) => Json | undefined,
    options?: Expiry,
  ): Promise<Json | undefined>;
  delete(list: string, key: string): Promise<void>;
  /** Iterates over a list in the order of its keys' UTF-8 bytes. Reads one page at a time. */
  list(list: string, query?: StateQuery): AsyncIterable<StateEntry>;
}

/**
 * When a value expires.
 * @example
 * const expiry: Expiry = { expires: Date.now() + 60_000 };
 */
export interface Expiry {
  /** Epoch ms at which the value expires, rounded to seconds; default: never. */
  readonly expires?: number;
}

/**
 * Which entries of a list to return.
 * @example
 * const query: StateQuery = { after: "a", limit: 10 };
 */
export interface StateQuery {
  /** Return only keys after this one. */
  readonly after?: string;
  /** Maximum number of entries. */
  readonly limit?: number;
  /** Reverses the order. */
  readonly descending?: boolean;
}

/**
 * A key and its value.
 * @example
 * const entry: StateEntry = { key: "all", value: 1 };
 */
export interface StateEntry {
  readonly key: string;
  readonly value: Json;
}

/** Maximum sizes in bytes: list names and keys in UTF-8, values as JSON. Names and keys must not be empty. */
export const STATE_LIMITS = { list: 1500, key: 1024, value: 300_000 } as const;
