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
  /**
   * Changes the numbers of a counter in one write, which never waits for other writers. A counter is an object of numbers;
   * it is created with its first change. {@link get} and {@link list} return it; change it by this method and
   * {@link countAll} only. If the response to a write is lost, the write may count twice. A counter that has expired must
   * not be used again: put the time into its key.
   * @returns the numbers after the change, or `undefined` when a condition of the change does not hold
   */
  count(list: string, key: string, change: CounterChange, options?: Expiry): Promise<Counter | undefined>;
  /**
   * Changes up to 90 different counters together, or none. In a hook before a change it is part of the request's
   * transaction: it is done if and only if that is committed. If a condition does not hold then, the hook runs again.
   * @returns `false` when a condition does not hold
   */
  countAll(changes: readonly CounterUpdate[]): Promise<boolean>;
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
 * Numbers by name.
 * @example
 * const counter: Counter = { bytes: 120, objects: 3 };
 */
export type Counter = Readonly<Record<string, number>>;

/**
 * A change of a counter and its conditions. Names have letters only.
 * @example
 * const change: CounterChange = { add: { bytes: 20 }, max: { bytes: 1000 } };
 */
export interface CounterChange {
  /** What to add to each number; a missing one is 0. */
  readonly add?: Counter;
  /** Numbers to set. */
  readonly set?: Counter;
  /** The highest values that added numbers may have afterwards. */
  readonly max?: Counter;
  /** The numbers that must be stored before; `null` for none. */
  readonly when?: Readonly<Record<string, number | null>>;
}

/**
 * A change of one counter among several.
 * @example
 * const update: CounterUpdate = { list: "sizes", key: "blog", add: { bytes: 20 } };
 */
export interface CounterUpdate extends CounterChange {
  readonly list: string;
  readonly key: string;
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
